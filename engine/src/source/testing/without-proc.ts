/** Run as a program where /proc is hidden, by root: tells as JSON what a target folder still can. Argument: an empty folder. */
import { existsSync, mkdirSync } from 'node:fs'
import { openTargetFolder } from '../target-folder.ts'

const rootPath = String(process.argv[2])
mkdirSync(`${rootPath}/there`)
const { folder } = openTargetFolder(Buffer.from(rootPath))
const report = { isProc: existsSync('/proc/self'), names: folder.names(() => true), type: folder.lookAt(Buffer.from('there'))?.type }
folder.close()
process.stdout.write(JSON.stringify(report))
