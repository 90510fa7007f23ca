/** Run as a program under `node --no-addons`, where koffi cannot load: tells as JSON what still works. Argument: an empty folder. */
import { closeSync, ftruncateSync, statSync, writeSync } from 'node:fs'
import { isEngineError } from '../../errors/index.ts'
import { dataRanges } from '../data-ranges.ts'
import { readAttributes } from '../extended-attributes.ts'
import { nativeProblem } from '../native.ts'
import { setFileTimes } from '../set-file-times.ts'
import { openTargetFolder } from '../target-folder.ts'

const rootPath = String(process.argv[2])
const { folder } = openTargetFolder(Buffer.from(rootPath))
const name = (text: string): Buffer => Buffer.from(text)
const codeOf = (action: () => unknown): string => {
  try {
    action()
    return 'done'
  } catch (error) {
    return isEngineError(error) ? error.code : String(error)
  }
}

const fd = folder.createFile(name('sparse'), 0o600)
ftruncateSync(fd, 1_000_000)
writeSync(fd, 'end', 999_997)
const ranges = dataRanges(fd, 1_000_000)
setFileTimes(fd, 1_700_000_000_123_456_789n)
closeSync(fd)
folder.makeSymlink(name('sparse'), name('link'))
folder.setTimes(name('link'), -1_500_000_000n)

const report = {
  problem: nativeProblem()?.code,
  ranges,
  attributes: readAttributes(Buffer.from(rootPath)),
  fifo: codeOf(() => folder.makeFifo(name('fifo'), 0o600)),
  device: codeOf(() => folder.makeDevice(name('device'), 'char-device', { mode: 0o600, major: 1, minor: 3 })),
  escape: codeOf(() => folder.openFolder(name('..'))),
  fileTimeErrorNs: Number(statSync(`${rootPath}/sparse`, { bigint: true }).mtimeNs - 1_700_000_000_123_456_789n),
  linkTimeErrorNs: Number((folder.lookAt(name('link'))?.mtimeNs ?? 0n) + 1_500_000_000n),
}
folder.close()
process.stdout.write(JSON.stringify(report))
