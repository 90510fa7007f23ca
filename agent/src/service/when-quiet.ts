/** After the last of several moments that leave memory behind. */
const quietAfterMs = 5_000

/** Does something a while after the last call of `soon`. Keeps no process alive. */
export function whenQuiet(act: () => void): { soon(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => clearTimeout(timer)
  return {
    stop,
    soon() {
      stop()
      timer = setTimeout(act, quietAfterMs).unref()
    },
  }
}
