import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'

/** An attacker who may write to the target: exchanges its folders for symlinks that lead outside and back, and now and then a file for good, as fast as it can. */
const [, , target, outside] = process.argv as [string, string, string, string]
mkdirSync(target, { recursive: true })
process.send?.('ready')
for (let round = 0; ; round++) {
  const { folders, files } = entriesOf(target)
  for (const folder of folders) {
    try {
      renameSync(folder, `${folder}.aside`)
      symlinkSync(outside, folder)
      rmSync(folder)
      renameSync(`${folder}.aside`, folder)
    } catch {
      // The restore was faster here: try the next one.
    }
  }
  // Unfinished ones among them.
  for (const file of files.filter((_, index) => index % 7 === round % 7)) {
    try {
      symlinkSync(`${outside}/precious`, `${file}.link`)
      renameSync(`${file}.link`, file)
    } catch {
      // Likewise.
    }
  }
}

function entriesOf(path: string): { readonly folders: string[]; readonly files: string[] } {
  const found = { folders: [] as string[], files: [] as string[] }
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory() && !entry.name.endsWith('.aside')) found.folders.push(`${path}/${entry.name}`)
      else if (!entry.isDirectory() && !entry.name.endsWith('.link')) found.files.push(`${path}/${entry.name}`)
    }
  } catch {
    // Gone meanwhile.
  }
  for (const below of found.folders.map(entriesOf)) {
    found.folders.push(...below.folders)
    found.files.push(...below.files)
  }
  return found
}
