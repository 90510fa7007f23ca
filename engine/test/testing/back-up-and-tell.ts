import { readdirSync } from 'node:fs'
import { Workplace } from './backup-and-restore.ts'

/** Backs a folder up, restores it, and tells on stdout how that went: for a parent that lets its system calls fail. */
const [, , source] = process.argv as [string, string, string]
using work = new Workplace()
const backup = await work.backUp([source])
await work.restore(backup, work.path('target'), { flat: true })
const { status, files, errors } = backup
const told = backup.told.map(({ path, error }) => ({ path, code: error.code }))
console.log(JSON.stringify({ status, files, errors, told, restored: readdirSync(work.path('target')).toSorted() }))
