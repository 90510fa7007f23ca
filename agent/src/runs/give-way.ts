import { setPriority } from 'node:os'

/**
 * What the command `nice` takes when it is told nothing. It still gets a tenth of a processor that somebody else uses whole (kernel/sched/core.c,
 * sched_prio_to_weight: 110 against 1024), where 19 would get a seventieth, and a backup on a busy server might never end.
 */
const niceness = 10

/**
 * The calling thread, and every thread that it starts from now on, leaves the processor to everything else that wants it. Linux has a
 * priority for each thread, and takes that of its reads and writes from it ((20 + nice) / 5, so 6 of 7: ioprio.h). Elsewhere there is one for
 * the whole process only, and its main thread, which holds the link to the hub, is not to wait: nothing happens there. It cannot be taken
 * back without privileges.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(niceness)
  } catch {
    // Forbidden by the sandbox of a service: the run is then as urgent as any other work, and no worse.
  }
}
