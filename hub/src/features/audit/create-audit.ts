import { z } from 'zod'
import { adminCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { listAudit, pruneAudit } from './audit.queries.ts'

const dayMs = 86_400_000

/** Reading and pruning of the audit log; platform/audit writes it. */
export function createAudit({ database, config, log, now }: Pick<HubServices, 'database' | 'config' | 'log' | 'now'>): Feature {
  let timer: NodeJS.Timeout | undefined
  const prune = async (): Promise<void> => {
    try {
      const rows = await pruneAudit(database, new Date(now() - config.auditDays * dayMs))
      if (rows > 0) log.info({ event: 'audit.pruned', rows }, 'Old lines of the audit log removed')
    } catch (error) {
      log.warn({ event: 'audit.unpruned', err: error }, 'Old lines of the audit log could not be removed; it is tried again tomorrow')
    }
  }
  return {
    name: 'audit',
    routes: { listAudit: ({ em, query }) => listAudit(em, query) },
    adminCommands: {
      // The process stops by itself; this is its line in the log.
      'hub.stop': adminCommand(z.strictObject({}), async () => ({})),
    },
    async start() {
      await prune()
      timer = setInterval(() => void prune(), dayMs).unref()
    },
    async stop() {
      clearInterval(timer)
    },
  }
}
