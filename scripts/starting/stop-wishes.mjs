import { whenNpmIsGone } from '../bootstrap/npm-parent.mjs'

/**
 * One Ctrl-C reaches us several times: from the terminal and from npm, within milliseconds. A person's second one comes later.
 */
const sameWishMs = 500

/**
 * Listens for everybody who wants us to end.
 * @returns {{ asked: AbortSignal, hurry: AbortSignal }} `asked` is aborted by the first wish, `hurry` by the next
 */
export function listenForStopWishes() {
  const asked = new AbortController()
  const hurry = new AbortController()
  let firstAtMs = 0
  const wish = () => {
    if (!asked.signal.aborted) {
      firstAtMs = performance.now()
      asked.abort()
    } else if (performance.now() - firstAtMs > sameWishMs) {
      hurry.abort()
    }
  }
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, wish)
  whenNpmIsGone(wish)
  return { asked: asked.signal, hurry: hurry.signal }
}
