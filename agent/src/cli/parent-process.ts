import { readFileSync } from 'node:fs'

const lookEveryMs = 1_000

/**
 * Calls once when the process that started this one is gone. bin/holdfast.js on an old Node stays as parent and keeps a channel
 * open, whose end always counts; `always` also watches any other parent.
 *
 * @returns stops the watching, which else keeps a process with such a channel alive.
 */
export function whenParentGone({ always }: { readonly always: boolean }, gone: () => void): () => void {
  if (process.connected) process.once('disconnect', gone)
  const stopWatching = always ? watchParent(gone) : () => undefined
  return () => {
    process.off('disconnect', gone)
    stopWatching()
  }
}

function watchParent(gone: () => void): () => void {
  const parent = process.ppid
  // Behind that launcher the one that matters is the launcher's own parent.
  const grandparent = process.connected ? parentOf(parent) : null
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === null || parentOf(parent) === grandparent)) return
    clearInterval(timer)
    gone()
  }, lookEveryMs)
  timer.unref()
  return () => clearInterval(timer)
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): the name in brackets may hold anything; ppid is the second field after it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    // No /proc, or no such process.
    return null
  }
}
