import type { AgentId, Device } from '@holdfast/shared-types'
import { hour, type World } from '../world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

const one = (world: World, agentId: AgentId): Device =>
  found(
    world.devices.find(({ id }) => id === agentId),
    'agent.not-found',
  )

export const devicesAnswers = ({ world, tell }: AnswerParts): Answers => ({
  createEnrolmentToken: () => ({
    token: 'enrol-token-shown-once-3f9c2a',
    expiresAtMs: Date.now() + hour,
    hubUrl: 'https://backup.example.org',
    command: 'holdfast enrol https://backup.example.org --token enrol-token-shown-once-3f9c2a',
  }),
  listDevices: () => ({ items: world.devices }),
  getDevice: ({ params }) => one(world, params.agentId),
  updateDevice({ params, body }) {
    const { limits, ...named } = body
    const device = Object.assign(one(world, params.agentId), named)
    if (device.limits !== undefined) device.limits = { ...device.limits, ...limits }
    tell('devices', { type: 'device.changed', body: device })
    return device
  },
  revokeDevice({ params }) {
    const device = Object.assign(one(world, params.agentId), { online: false, revokedAtMs: Date.now() })
    tell('devices', { type: 'device.changed', body: device })
    return device
  },
  removeDevice({ params }) {
    world.devices = world.devices.filter(({ id }) => id !== params.agentId)
    tell('devices', { type: 'device.removed', body: { id: params.agentId } })
    return {}
  },
})
