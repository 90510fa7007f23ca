/** Run as a program on a disk of 256 KiB: tells on stdout, line by line, how a directory store there takes being full. */
import { writeSync } from 'node:fs'
import { isEngineError } from '../../../errors/index.ts'
import { openDirectoryStore } from '../directory-store.ts'

const store = await openDirectoryStore(String(process.argv[2]))
const tell = (line: string): number => writeSync(1, `${line}\n`)
const outcome = async (key: string, action: Promise<void>): Promise<string> => {
  const code = await action.then(
    () => 'stored',
    (error: unknown) => (isEngineError(error) ? error.code : String(error)),
  )
  return `${code}, ${(await store.head(key)) === null ? 'absent' : 'present'}`
}

await store.put('first', new Uint8Array(64 * 1024).fill(1))
tell('first stored')
tell(`big: ${await outcome('big', store.put('big', new Uint8Array(512 * 1024)))}`)
const staged = await store.stage()
const fill = async (): Promise<void> => {
  for (let part = 0; part < 8; part++) await staged.write(new Uint8Array(64 * 1024))
  await staged.commit('staged')
}
tell(`staged: ${await outcome('staged', fill())}`)
await staged.discard()
await store.put('small', new Uint8Array(64 * 1024))
tell('small stored')
const isIntact = (await store.get('first')).every((byte) => byte === 1)
tell(isIntact ? 'first intact' : 'first damaged')
await store.close()
