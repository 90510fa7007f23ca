import { blobTypes } from '../../src/format/index.ts'
import { Workplace } from './backup-and-restore.ts'

/** Backs a folder up and restores it into another one, but dies by SIGKILL just before it writes the given blob. */
const [, , source, target, blobs] = process.argv as [string, string, string, string, string]
using work = new Workplace()
const backup = await work.backUp([source])
const vault = work.vault.newSource()
const verify = vault.verify.bind(vault)
let left = Number(blobs)
vault.verify = (type, id, bytes) => {
  if (type === blobTypes.data && --left === 0) process.kill(process.pid, 'SIGKILL')
  verify(type, id, bytes)
}
await work.restore(backup, target, { flat: true, source: vault })
