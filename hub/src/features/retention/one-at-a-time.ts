export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>

/** Work begins when all that was asked for before has ended, well or not. */
export function oneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}
