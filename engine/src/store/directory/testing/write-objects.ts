/** Run as a program by a test that kills it: writes objects into a directory store until the end. Arguments: folder, name. */
import { writeSync } from 'node:fs'
import { openDirectoryStore } from '../directory-store.ts'

const [rootPath, name] = process.argv.slice(2)
const store = await openDirectoryStore(String(rootPath))
for (let number = 0; ; number++) {
  await store.put(`p/${name}/${name}-${number}`, new Uint8Array(65_536).fill(number & 0xff))
  writeSync(1, '.')
}
