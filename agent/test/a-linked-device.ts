import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { VaultKind } from '@holdfast/shared-types'
import { expect } from 'vitest'
import type { AgentService } from '../src/service/agent-service.ts'
import { aFolder, anEnrolledAgent, aService, type TestAgent, type TestFolder } from './an-agent.ts'
import { FakeHub } from './fake-hub.ts'

/** An agent's service that is linked to a hub, and a folder to back up. */
export interface LinkedDevice {
  readonly hub: FakeHub
  readonly folder: TestFolder
  readonly device: TestAgent
  readonly service: AgentService
  readonly sources: string
}

export async function startLinkedDevice(vaultKind: VaultKind = 'managed'): Promise<LinkedDevice> {
  const hub = await FakeHub.start()
  hub.vaultKind = vaultKind
  hub.traffic.record()
  const folder = aFolder()
  const device = await anEnrolledAgent(hub, join(folder.path, 'state'))
  const sources = join(folder.path, 'sources')
  mkdirSync(sources)
  const service = await aService(device)
  await service.link.whenConnected()
  return { hub, folder, device, service, sources }
}

/** Also looks whether the agent has kept to the protocol. */
export async function stopLinkedDevice({ hub, folder, service }: Pick<LinkedDevice, 'hub' | 'folder' | 'service'>): Promise<void> {
  await service.close()
  await hub.close()
  folder.remove()
  expect(hub.violations).toEqual([])
}
