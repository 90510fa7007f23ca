import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { RunId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aFolder, type TestFolder } from '../../test/an-agent.ts'
import { agentFolders, type AgentFolders } from './agent-folders.ts'
import { UsedSelections } from './used-selections.ts'

let folder: TestFolder
let folders: AgentFolders
beforeEach(() => {
  folder = aFolder()
  folders = agentFolders(folder.path)
})
afterEach(() => {
  folder.remove()
})

const aNonce = (): string => randomBytes(16).toString('hex')
const aRun = (): RunId => RunId.parse(randomUUID())

test('a choice is its run’s, however often that is tried, and no other one’s, also after a restart', async () => {
  const [nonce, run] = [aNonce(), aRun()]
  await new UsedSelections(folders).use(nonce, run)
  await new UsedSelections(folders).use(nonce, run)
  await expect(new UsedSelections(folders).use(nonce, aRun())).rejects.toMatchObject({ code: 'restore.order-changed' })
  await new UsedSelections(folders).use(aNonce(), run)
})

test('a run that has ended does not get its choice again, and another one’s is left alone', async () => {
  const [nonce, run, other, otherRun] = [aNonce(), aRun(), aNonce(), aRun()]
  const used = new UsedSelections(folders)
  await used.use(nonce, run)
  await used.use(other, otherRun)
  await used.end(run)
  await used.end(aRun())
  await expect(new UsedSelections(folders).use(nonce, run)).rejects.toMatchObject({ code: 'restore.order-changed' })
  await new UsedSelections(folders).use(other, otherRun)
})

test('of two runs that come with the same choice at once, one gets it', async () => {
  const used = new UsedSelections(folders)
  const nonce = aNonce()
  const ends = await Promise.allSettled([used.use(nonce, aRun()), used.use(nonce, aRun())])
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})

test('what is damaged is not taken for empty', async () => {
  await new UsedSelections(folders).use(aNonce(), aRun())
  const whole = readFileSync(folders.selectionsFile)
  writeFileSync(folders.selectionsFile, whole.subarray(0, whole.length - 3))
  await expect(new UsedSelections(folders).use(aNonce(), aRun())).rejects.toMatchObject({ code: 'agent.identity-invalid' })
})
