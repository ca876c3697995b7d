# For scripts that run a chapter with another program, which source it. They have $root, $build (configured with Ninja),
# $scratch and $log.

# copied CHAPTER: copies its program to $scratch/chapters/CHAPTER, to be changed there
copied() {
  mkdir -p "$scratch/chapters/$1" && cp -- "$root/chapters/$1"/*.[ch]pp "$scratch/chapters/$1"
}

# rebuilt CHAPTER: builds $scratch/rebuilt from that copy by the chapter's own compile and link commands, with source and
# object in the scratch folder; or says why not, and fails. VAEGRAD_BUILT=1: the chapter itself is built already.
rebuilt() {
  local chapter=$1 folder=$root/chapters/$1 command
  rm -f "$scratch/rebuilt"
  mkdir -p "$scratch/$chapter"
  [[ ${VAEGRAD_BUILT-} ]] || ninja -C "$build" "$chapter" >"$log" 2>&1 || { echo "the chapter itself does not build"; return 1; }
  while IFS= read -r command; do
    command=${command//"$folder"/"$scratch/chapters/$chapter"}
    command=${command//"chapters/CMakeFiles/$chapter.dir/"/"$scratch/"}
    command=${command//"-o chapters/$chapter "/"-o $scratch/rebuilt "}
    (cd -- "$build" && eval "$command") >"$log" 2>&1 || { echo "it does not compile: $(grep -m1 error "$log")"; return 1; }
  done < <(ninja -C "$build" -t commands "$chapter" | grep -E -- "-c $folder/|-o chapters/$chapter ")
}
