// Ctrl-C and SIGTERM, while something is trained that can be saved.
//
// A thread of their own waits for them, and every other one blocks them. There is no handler: it would
// run on the stack of the thread that it interrupts, and in most shapes of product oneDNN's dnnl_sgemm
// has its stack pointer in memory that it took from the heap (for 19 of 20 signals that met one): the
// kernel would write the handler's frame there, over what others keep.
#pragma once

namespace vaegrad {

// From here on; before other threads are made. Until `can_be_saved` is called a signal ends the
// process as if nobody watched.
void watch_signals();
void can_be_saved();

// The number of the first signal, or 0. A second one ends the process at once.
int interrupted();

}  // namespace vaegrad
