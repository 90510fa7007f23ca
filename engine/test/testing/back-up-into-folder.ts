import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { isEngineError } from '../../src/errors/index.ts'
import { openDirectoryStore } from '../../src/store/index.ts'
import { VaultLife } from './stored-vault.ts'
import type { WrittenSecrets } from './system-call-rounds.ts'

/** Backs a folder up into a vault in a folder, as hub and agent in one process; what came of it is its last line. */
const [, , vaultPath, secretsPath, source, cataloguePath] = process.argv as [string, string, string, string, string, string]
const { hubSecret, signKey, ...names } = JSON.parse(readFileSync(secretsPath, 'utf8')) as WrittenSecrets
const secrets = {
  ...names,
  hubSecret: { kind: 'hub-secret' as const, secret: Buffer.from(hubSecret, 'base64') },
  recoveryWords: null,
  signKey: createPrivateKey(signKey),
}
let said: string
try {
  const store = await openDirectoryStore(vaultPath)
  const { outcome } = await (await VaultLife.open(store, secrets)).backUp(source, cataloguePath)
  await store.close()
  said = outcome.status
} catch (error) {
  said = isEngineError(error) ? error.code : String(error)
}
writeSync(1, said)
// Node syncs its standard streams when it ends, and would wait for ever where the parent lets that fail.
process.kill(process.pid, 'SIGKILL')
