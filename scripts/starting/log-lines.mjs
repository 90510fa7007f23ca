/** So many lines of a program's log are kept to be shown if it ends unexpectedly. */
const keptLines = 40

/**
 * The log of one of our programs, for people who did not ask for logs: warnings and errors in words as they come, the rest only if
 * the program ends unexpectedly. Where HOLDFAST_LOG_LEVEL is set somebody did ask, and every line goes to stderr as it is.
 * @param {string} program
 */
export function logLines(program) {
  const isWanted = (process.env.HOLDFAST_LOG_LEVEL ?? '') !== ''
  /** @type {string[]} */
  const kept = []
  let isStopping = false
  return {
    /** @param {string} line */
    take(line) {
      kept.push(line)
      if (kept.length > keptLines) kept.shift()
      if (isWanted) process.stderr.write(`${line}\n`)
      else if (!isStopping) tellTrouble(program, line)
    },
    /** From now on the program ends because it was asked to: what it loses on the way is no trouble. */
    expectEnd: () => void (isStopping = true),
    /** What there is to see after an unexpected end. */
    lastLines: () => (isWanted ? '' : kept.join('\n')),
  }
}

/** @param {string} program @param {string} line */
function tellTrouble(program, line) {
  const { level, code, message, msg } = parse(line)
  if (level === 'warn' || level === 'error') console.error(`${program}: ${message ?? msg}${code === undefined ? '' : ` (${code})`}`)
}

/**
 * @param {string} line
 * @returns {{ level?: string, code?: string, message?: string, msg?: string }} empty for a line that is no log line
 */
function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return {} // a line for people
  }
}
