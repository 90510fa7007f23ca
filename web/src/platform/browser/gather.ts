export interface Gathered {
  /** Asks for the work; whoever else asks until it is done has asked for the same. */
  readonly ask: () => void
  /** Drops what was asked for. */
  readonly stop: () => void
}

/** Work that many things ask for at once, done once, `waitMs` after the first of them: asking again does not put it off. */
export function gather(work: () => void, waitMs: number): Gathered {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    ask() {
      timer ??= setTimeout(() => {
        timer = undefined
        work()
      }, waitMs)
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
