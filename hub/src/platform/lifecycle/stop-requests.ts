/** What asked the hub to stop, for the log. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGBREAK' | 'parent-gone' | 'admin' | 'failure'

export interface StopRequests {
  /** Settles at the first request. */
  readonly asked: Promise<StopReason>
  /** Aborted at the first request, for what is still being started. */
  readonly signal: AbortSignal
  /** Aborted by the second request: whoever asks twice does not want to wait for others to finish. */
  readonly hurry: AbortSignal
  /** A request from within, as by the admin socket. */
  request(reason: StopReason): void
}

export interface StopRequestOptions {
  /** Also stop when standard input ends: whoever started us holds its other end. */
  readonly exitWithParent: boolean
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', ...(process.platform === 'win32' ? (['SIGBREAK'] as const) : [])] as const

/**
 * One Ctrl-C reaches a process several times: from the terminal, from npm, and from our launcher, all within milliseconds.
 * A person's second one comes later.
 */
const sameWishMs = 500

/**
 * Listens for every way to ask this process to stop, until it has ended: a signal that comes in its last moment must not make an orderly
 * end look like a death.
 */
export function listenForStopRequests(options: StopRequestOptions): StopRequests {
  const { promise: asked, resolve } = Promise.withResolvers<StopReason>()
  const stop = new AbortController()
  const hurry = new AbortController()
  let firstAtMs: number | null = null
  const request = (reason: StopReason) => {
    const nowMs = performance.now()
    if (firstAtMs === null) {
      firstAtMs = nowMs
      resolve(reason)
      stop.abort()
    } else if (reason !== 'parent-gone' && nowMs - firstAtMs > sameWishMs) {
      // A parent that goes while we stop was asked to stop itself.
      hurry.abort()
    }
  }
  const onSignal = (signal: NodeJS.Signals) => request(signal as StopReason)
  const onParentGone = () => request('parent-gone')

  for (const signal of signals) process.on(signal, onSignal)
  if (process.channel) {
    // Our launcher holds the other end; it cannot pass on a kill -9, but its end of the channel closes.
    process.on('disconnect', onParentGone)
    process.channel.unref()
  }
  if (options.exitWithParent) {
    process.stdin.on('end', onParentGone).on('error', onParentGone).on('close', onParentGone).resume()
  }
  return { asked, signal: stop.signal, hurry: hurry.signal, request }
}
