import { AppError, type AgentId, type HostEntry, type Measurement, type MeasurementRequest } from '@holdfast/shared-types'
import { anUuid } from '../world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

const separatorOf = (path: string) => (path.startsWith('/') ? '/' : '\\')

/** What a device finds in these sources: of the gallery's figures, less what is left out. */
function measured(agentId: AgentId, { exclude = [], presets = [], excludeCaches }: MeasurementRequest): Measurement {
  const dropsModules = exclude.includes('node_modules/')
  return {
    id: anUuid(),
    agentId,
    state: 'done',
    startedAtMs: Date.now(),
    error: null,
    sample: {
      phase: 'done',
      files: dropsModules ? 71_233 : 214_870,
      folders: 5_114,
      bytes: dropsModules ? 14_922_331_120 : 18_201_998_400,
      leftOut: {
        entries: 12 + exclude.length * 7 + presets.length * 31,
        cacheFolders: excludeCaches === true ? 4 : 0,
        mountPoints: 0,
        ownPlaces: 0,
      },
      problems: 2,
      largestLeftOut: [
        ...(dropsModules
          ? [
              {
                path: '/home/ada/projects/website/node_modules',
                type: 'folder' as const,
                files: 143_637,
                bytes: 3_279_667_280,
                isWhole: true,
              },
            ]
          : []),
        { path: '/home/ada/.cache', type: 'folder', files: 8_112, bytes: 1_902_331_120, isWhole: true },
        { path: '/home/grace/.local/share/Trash', type: 'folder', files: 214, bytes: 402_331_120, isWhole: false },
      ],
      elapsedMs: 2_311,
    },
  }
}

export const hostsAnswers = ({ world }: AnswerParts): Answers => {
  let measurement: Measurement | undefined
  const requireOnline = (agentId: AgentId): void => {
    const device = found(
      world.devices.find(({ id }) => id === agentId),
      'agent.not-found',
    )
    if (!device.online) throw new AppError('agent.offline')
  }
  return {
    listHostEntries({ params, query }) {
      requireOnline(params.agentId)
      const path = query.pathBase64 === undefined ? (query.path ?? '') : Buffer.from(query.pathBase64, 'base64url').toString('latin1')
      const items: HostEntry[] = found(world.disks.get(path), 'source.not-found')
      if (path.endsWith('/locked')) throw new AppError('source.unreadable')
      const start = query.after === undefined ? 0 : Number(Buffer.from(query.after.slice(2), 'base64url').toString())
      const end = start + query.limit
      return {
        folder: path === '' ? null : { path },
        separator: separatorOf(path === '' ? (items[0]?.name ?? '/') : path),
        items: items.slice(start, end),
        total: items.length,
        next: end < items.length ? `e.${Buffer.from(String(end)).toString('base64url')}` : null,
      }
    },
    startMeasurement({ params, body }) {
      requireOnline(params.agentId)
      const done = measured(params.agentId, body)
      measurement = world.isCounting ? { ...done, state: 'running', sample: null } : done
      return measurement
    },
    getMeasurement: () => found(measurement, 'measurement.not-found'),
    cancelMeasurement: () => ({}),
  }
}
