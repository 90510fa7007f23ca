import { renameSync, symlinkSync } from 'node:fs'

/** An attacker who waits for one folder to be made, and puts a symlink that leads outside in its place the moment it is there. */
const [, , folder, outside] = process.argv as [string, string, string, string]
process.send?.('ready')
for (;;) {
  try {
    // Fails while there is nothing, and after the first time until all was cleared away.
    renameSync(folder, `${folder}.aside`)
    symlinkSync(outside, folder)
  } catch {
    // Not yet.
  }
}
