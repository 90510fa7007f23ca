/** What the agent says in its log of the runs in its hands: one line of each process that it was. */
interface Word {
  readonly event: 'run.accepted' | 'run.ended'
  readonly runId: string
  readonly fence: number
}

function wordsOf(output: string): Word[] {
  return output.split('\n').flatMap((line) => {
    if (!line.includes('"run.accepted"') && !line.includes('"run.ended"')) return []
    try {
      return [JSON.parse(line) as Word]
    } catch {
      return [] // The last line of a process that was killed.
    }
  })
}

/**
 * Where one process of the agent worked on the same thing twice at once.
 *
 * @param output all it said
 * @param keyOf what must not be worked on twice, by the run's id
 */
export function findOverlaps(output: string, keyOf: (runId: string) => string): string[] {
  const open = new Map<string, Word>()
  const overlaps: string[] = []
  for (const word of wordsOf(output)) {
    const key = keyOf(word.runId)
    const other = open.get(key)
    if (word.event === 'run.ended') open.delete(key)
    else if (other !== undefined)
      overlaps.push(`run ${word.runId} (fence ${word.fence}) began while ${other.runId} (fence ${other.fence}) was in hand`)
    if (word.event === 'run.accepted') open.set(key, word)
  }
  return overlaps
}
