import type { Feature } from '../platform/http/define-feature.ts'
import type { HubServices } from '../platform/services.ts'
import type { Logger } from '../platform/logging/logger.ts'

const stopMs = 4000

/** Starts features in their order. When one fails, those before it are stopped again and its error is thrown. */
export async function startFeatures(features: readonly Feature[]): Promise<void> {
  const started: Feature[] = []
  try {
    for (const feature of features) {
      await feature.start?.()
      started.push(feature)
    }
  } catch (error) {
    // What was started stops again; the error that matters is the first one.
    for (const feature of started.toReversed()) await feature.stop?.(AbortSignal.timeout(stopMs)).catch(() => undefined)
    throw error
  }
}

/** Begins with what the clock brings, and with what the last hub was cut off from. */
export const startJobs = ({ jobs }: Pick<HubServices, 'jobs'>, features: readonly Feature[]): Promise<void> =>
  jobs.start(features.flatMap((feature) => feature.schedules?.() ?? []))

/** Stops features the other way round; one that fails does not keep the others. */
export async function stopFeatures(features: readonly Feature[], log: Logger): Promise<void> {
  const signal = AbortSignal.timeout(stopMs)
  for (const feature of features.toReversed()) {
    try {
      await feature.stop?.(signal)
    } catch (error) {
      log.warn({ event: 'feature.stop-failed', feature: feature.name, err: error }, 'A feature did not stop cleanly')
    }
  }
}
