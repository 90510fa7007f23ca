import type { AgentId, Measurement, MeasurementRequest } from '@holdfast/shared-types'
import { callHub } from '../../platform/api/call-hub.ts'
import { hasCode } from '../../platform/errors/api-error.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

/** What is counted: of which device, and by which rules. */
export interface MeasuredScope {
  readonly agentId: AgentId
  readonly isOnline: boolean
  readonly request: MeasurementRequest
}

interface Teller {
  readonly take: (measurement: Measurement) => void
  readonly fail: (error: unknown) => void
  /** The hub knows nothing of it any more. */
  readonly gone: () => void
}

/**
 * Starts a measurement and follows it to its end.
 *
 * @returns nothing is told from then on; `isReplaced`: another one of the same person takes its place on the device by itself
 */
export function followMeasurement({ agentId, request }: MeasuredScope, tell: Teller): (isReplaced: boolean) => void {
  let isOver = false
  // How often it was told: an answer that was asked for before the last time is older than what is known.
  let told = 0
  let running: Measurement['id'] | null = null
  let stopListening = (): void => undefined

  // It ends by itself within a minute when this is not heard.
  const cancel = (measurementId: Measurement['id']): void =>
    void callHub('cancelMeasurement', { params: { agentId, measurementId } }).catch(() => undefined)

  function take(measurement: Measurement): void {
    if (isOver) return
    told += 1
    if (measurement.state !== 'running') {
      running = null
      stopListening()
    }
    tell.take(measurement)
  }

  async function reread(measurementId: Measurement['id']): Promise<void> {
    const toldBefore = told
    try {
      const measurement = await callHub('getMeasurement', { params: { agentId, measurementId } })
      if (told === toldBefore) take(measurement)
    } catch (error) {
      if (isOver || told !== toldBefore) return
      if (hasCode(error, 'measurement.not-found')) tell.gone()
      else tell.fail(error)
    }
  }

  async function begin(): Promise<void> {
    const measurement = await callHub('startMeasurement', { params: { agentId }, body: request })
    if (isOver) return cancel(measurement.id)
    running = measurement.id
    take(measurement)
    if (measurement.state !== 'running') return
    stopListening = listenToTopic(`measurement:${measurement.id}`, {
      onCaughtUp: () => void reread(measurement.id),
      onEvent: (event) => void (event.type === 'measurement.changed' && take(event.body)),
    })
  }

  begin().catch((error: unknown) => void (isOver || tell.fail(error)))
  return (isReplaced) => {
    isOver = true
    stopListening()
    if (!isReplaced && running !== null) cancel(running)
  }
}
