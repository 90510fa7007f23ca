import { basename } from 'node:path'

const lookEveryMs = 250

/**
 * Calls once when the npm that runs this script is gone without a word to us, as by `kill -9`. Signals it hands on itself: the scripts in
 * package.json begin with `exec`, so that no shell stands between (dash would die of a SIGTERM alone, and keep a SIGINT to itself).
 * Does nothing where npm did not run this script.
 * @param {() => void} isGone
 */
export function whenNpmIsGone(isGone) {
  if (!(process.env.npm_lifecycle_script ?? '').includes(basename(process.argv[1] ?? ''))) return
  const npm = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(timer)
    isGone()
  }, lookEveryMs)
  timer.unref()
}
