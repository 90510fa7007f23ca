import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'

/** An attacker who may write to the target: exchanges its folders for symlinks that lead outside and back, as fast as it can. */
const [, , target, outside] = process.argv as [string, string, string, string]
mkdirSync(target, { recursive: true })
process.send?.('ready')
for (let round = 0; ; round++) {
  for (const folder of foldersOf(target)) {
    try {
      renameSync(folder, `${folder}.aside`)
      symlinkSync(outside, folder)
      rmSync(folder)
      renameSync(`${folder}.aside`, folder)
    } catch {
      // The restore was faster here: try the next one.
    }
  }
}

function foldersOf(path: string): string[] {
  try {
    const folders = readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.endsWith('.aside'))
      .map((entry) => `${path}/${entry.name}`)
    return [...folders, ...folders.flatMap(foldersOf)]
  } catch {
    // Gone meanwhile.
    return []
  }
}
