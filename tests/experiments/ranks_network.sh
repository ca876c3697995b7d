#!/usr/bin/env bash
# Three hosts with a network of their own each (ip netns), a rank on every one, and one that is cut off in the middle of a
# run: the job ends within a minute, by our own watch, with a line that names the lost rank; and the run goes on from its
# checkpoint. As root.
# usage: ranks_network.sh PATH_OF_VAEGRAD
set -u
. "${BASH_SOURCE[0]%/*}"/common.sh
command -v mpirun >/dev/null || { echo 'skipped: there is no mpirun (apt-get install openmpi-bin)'; exit 77; }
[[ $(id -u) == 0 ]] && command -v ip >/dev/null && ip netns add vg$$-0 2>/dev/null ||
  { echo 'skipped: no network namespaces here (as root, with iproute2)'; exit 77; }
ip netns del vg$$-0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
net=10.213.77
export NAME=vg$$
tidy() {
  for i in 1 2 3; do
    ip netns pids vg$$-$i 2>/dev/null | xargs -r kill -KILL
    ip link del vg$$-$i 2>/dev/null
    ip netns del vg$$-$i 2>/dev/null
  done
  ip link del vg$$-br 2>/dev/null
  chmod -R u+w "$work"; rm -rf "$work"
}
trap tidy EXIT
ip link add vg$$-br type bridge && ip link set vg$$-br up || { echo 'skipped: no bridges here'; exit 77; }
for i in 1 2 3; do
  ip netns add vg$$-$i
  ip link add vg$$-$i type veth peer name eth0 netns vg$$-$i
  ip link set vg$$-$i master vg$$-br up
  ip netns exec vg$$-$i ip addr add $net.$i/24 dev eth0
  ip netns exec vg$$-$i ip link set eth0 up
  ip netns exec vg$$-$i ip link set lo up
done
# What ssh would be between machines: HOST COMMAND..
cat >agent <<'AGENT'
#!/usr/bin/env bash
while [[ $1 == -* ]]; do shift; done
host=${1##*.}; shift
exec ip netns exec $NAME-$host unshare --uts sh -c "hostname host-$host; $*"
AGENT
chmod +x agent
job() {  # RANKS' HOSTS, OPTIONS OF vaegrad ..
  local hosts=$1; shift
  ./agent $net.1 "cd $work && exec timeout 150 mpirun --mca plm_rsh_agent $work/agent --mca btl tcp,self --mca routed direct \
    --mca orte_keep_fqdn_hostnames 1 --host $hosts $program $*"
}
noise 1000 12 12 noise.idx
options=(train --data ./noise.idx --binarize sample --latent 5 --hidden 300 --batch 512 --threads 1 --checkpoint-every 1)
job $net.1,$net.2,$net.3 "${options[@]}" --epochs 3 --out three >out.txt 2>err.txt || wrong "three hosts: $(cat err.txt)"
works "${options[@]}" --epochs 3 --out one
cmp one/model.safetensors three/model.safetensors || wrong 'three hosts: other bytes'

job $net.1,$net.2,$net.3 "${options[@]}" --epochs 100000 --out cut >out.txt 2>err.txt &
for ((i = 0; i < 300; ++i)); do [[ -e cut/checkpoint.safetensors ]] && break; sleep 0.2; done
sleep 2
[[ -e cut/checkpoint.safetensors ]] || { cat err.txt; wrong 'three hosts, again: it did not begin'; exit 1; }
ip link set vg$$-3 down
cut=$SECONDS
for ((i = 0; i < 120; ++i)); do
  ip netns pids vg$$-1 | xargs -r ps -o args= -p | grep -q "^$program train" || break
  sleep 0.5
done
took=$((SECONDS - cut))
(( took <= 60 )) || wrong "cut off: after $took s it still ran"
grep -q 'vaegrad: rank 2 on host-3 has not been heard of' err.txt || wrong "cut off: $(cat err.txt)"
last=$(tail -1 cut/metrics.csv | cut -d, -f1)
works "${options[@]}" --epochs "$last" --out straight
cmp straight/model.safetensors cut/model.safetensors || wrong "cut off: the weights are not those of epoch $last"
timeout -s TERM 5 "$program" train --resume cut >out.txt 2>err.txt
grep -q 'interrupted .* and saved' err.txt || wrong "cut off: not gone on with: $(cat err.txt)"
(( $(tail -1 cut/metrics.csv | cut -d, -f1) > last )) || wrong "cut off: no epoch after $last"
echo "cut off: ended after $took s, gone on with from epoch $last"
(( fails == 0 ))
