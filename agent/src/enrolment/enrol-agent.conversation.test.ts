import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aFolder, anEnrolledAgent, type TestFolder } from '../../test/an-agent.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import { loadEnrolledAgent, readIdentity } from '../identity/identity.ts'
import { agentFolders } from '../state/agent-folders.ts'
import { changeHubUrl } from './change-hub-url.ts'
import { enrolAgent } from './enrol-agent.ts'

let hub: FakeHub
let folder: TestFolder
beforeEach(async () => {
  hub = await FakeHub.start()
  folder = aFolder()
})
afterEach(async () => {
  await hub.close()
  folder.remove()
})

const token = 'a-token-of-more-than-twenty-characters'

test('an enrolled device knows its hub, and only its owner can read its keys', async () => {
  const home = join(folder.path, 'state')
  const { agent } = await anEnrolledAgent(hub, home)
  expect(agent.identity).toMatchObject({
    hubId: hub.hubId,
    hubUrl: hub.url,
    vaultId: hub.vault.vaultId,
    domainId: hub.vault.domainId,
    name: 'test-device',
  })
  expect([home, join(home, 'keys')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700])
  for (const name of readdirSync(join(home, 'keys'))) expect(statSync(join(home, 'keys', name)).mode & 0o777).toBe(0o600)
  expect(existsSync(join(home, 'lock'))).toBe(false)
})

test('a token that is not good leaves nothing half enrolled, and the next try works', async () => {
  const folders = agentFolders(folder.path)
  await expect(enrolAgent(folders, { hubUrl: hub.url, token })).rejects.toMatchObject({ code: 'enrolment.token-invalid' })
  await expect(loadEnrolledAgent(folders)).rejects.toMatchObject({ code: 'agent.not-enrolled' })
  expect(existsSync(folders.keysFolder)).toBe(false)
  hub.tokens.add(token)
  await enrolAgent(folders, { hubUrl: hub.url, token })
  expect((await loadEnrolledAgent(folders)).keys.signKey.asymmetricKeyType).toBe('ed25519')
})

test('a device is enrolled once', async () => {
  const { folders } = await anEnrolledAgent(hub, folder.path)
  const before = readFileSync(folders.identityFile, 'utf8')
  hub.tokens.add(token)
  await expect(enrolAgent(folders, { hubUrl: hub.url, token })).rejects.toMatchObject({ code: 'agent.already-enrolled' })
  expect(readFileSync(folders.identityFile, 'utf8')).toBe(before)
  expect(hub.tokens.has(token)).toBe(true)
})

test('a hub that is not there is told as that', async () => {
  const { port } = hub
  await hub.close()
  await expect(enrolAgent(agentFolders(folder.path), { hubUrl: `http://127.0.0.1:${port}`, token })).rejects.toMatchObject({
    code: 'hub.unreachable',
  })
  hub = await FakeHub.start()
})

test('a hub that moved is followed without enrolling anew', async () => {
  const { folders, agent } = await anEnrolledAgent(hub, folder.path)
  await changeHubUrl(folders, { hubUrl: 'http://127.0.0.1:9' })
  expect(await readIdentity(folders)).toEqual({ ...agent.identity, hubUrl: 'http://127.0.0.1:9' })
})
