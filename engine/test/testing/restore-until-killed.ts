import { Workplace } from './backup-and-restore.ts'

/** Backs a folder up and restores it into another one; the test that started it kills it on the way. */
const [, , source, target] = process.argv as [string, string, string, string]
using work = new Workplace()
const backup = await work.backUp([source])
process.send?.('restoring')
await work.restore(backup, target, { flat: true })
process.disconnect?.()
