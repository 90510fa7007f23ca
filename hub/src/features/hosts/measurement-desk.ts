import { randomUUID } from 'node:crypto'
import {
  agentCapabilities,
  AppError,
  leanExclusions,
  MeasurementId,
  type AgentId,
  type BodyOf,
  type agentReports,
  type Measurement,
  type MeasurementRequest,
  type UserId,
} from '@holdfast/shared-types'
import type { UserActor } from '../../platform/http/actor.ts'
import type { HubServices } from '../../platform/services.ts'

type Services = Pick<HubServices, 'agentLinks' | 'feeds' | 'log' | 'now'>
type Report = BodyOf<typeof agentReports, 'host.measured'>

interface Held {
  readonly userId: UserId
  /** When somebody last asked for it or listened to it. */
  wantedAtMs: number
  measurement: Measurement
}

/** A person who looks asks or listens; who went away does neither. */
const forgottenAfterMs = 60_000
/** The device says no to a third one as well; so it is not even asked. */
const mostOfDevice = 2

/** Measurements of this hub: in memory alone, for they mean something only to who looks just now. */
export class MeasurementDesk {
  readonly #services: Services
  readonly #held = new Map<MeasurementId, Held>()

  constructor(services: Services) {
    this.#services = services
  }

  /**
   * Begins one, in the place of the person's other one on this device.
   *
   * @throws AppError `agent.offline`, `agent.outdated`, `measurement.too-many`, or what the device refuses it with
   */
  async start(actor: UserActor, agentId: AgentId, request: MeasurementRequest): Promise<Measurement> {
    const { agentLinks, now } = this.#services
    agentLinks.requireCapability(agentId, agentCapabilities.measureHost)
    const ofDevice = [...this.#held.values()].filter(({ measurement }) => measurement.agentId === agentId)
    const own = ofDevice.filter(({ userId }) => userId === actor.userId)
    const running = ofDevice.filter(({ measurement, userId }) => measurement.state === 'running' && userId !== actor.userId)
    if (running.length >= mostOfDevice) throw new AppError('measurement.too-many')
    const id = MeasurementId.parse(randomUUID())
    const measurement: Measurement = { id, agentId, state: 'running', startedAtMs: now(), sample: null, error: null }
    const held: Held = { userId: actor.userId, wantedAtMs: now(), measurement }
    // Before anything waits: a second start by the same person at once takes the place of this one.
    this.#held.set(id, held)
    for (const { measurement: older } of own) await this.#end(older.id, 'cancelled')
    try {
      const { sources, ...exclusions } = request
      await agentLinks.send(agentId, 'host.measure', { measurementId: id, request: { sources, ...leanExclusions(exclusions) } })
    } catch (error) {
      this.#held.delete(id)
      throw error
    }
    return held.measurement
  }

  /** @throws AppError `measurement.not-found`, also for another person's */
  get(actor: UserActor, measurementId: MeasurementId, agentId?: AgentId): Measurement {
    const held = this.#held.get(measurementId)
    if (held === undefined || held.userId !== actor.userId || (agentId !== undefined && held.measurement.agentId !== agentId))
      throw new AppError('measurement.not-found')
    held.wantedAtMs = this.#services.now()
    return held.measurement
  }

  /** @throws AppError `measurement.not-found` */
  async cancel(actor: UserActor, measurementId: MeasurementId, agentId: AgentId): Promise<void> {
    this.get(actor, measurementId, agentId)
    await this.#end(measurementId, 'cancelled')
  }

  /** Figures of a device. @returns whether it is to go on */
  take(agentId: AgentId, { measurementId, sample, error }: Report): boolean {
    const held = this.#held.get(measurementId)
    if (held?.measurement.agentId !== agentId || held.measurement.state !== 'running') return false
    const state = error !== null ? 'failed' : sample?.phase === 'done' ? 'done' : 'running'
    this.#change(held, { ...held.measurement, state, sample: sample ?? held.measurement.sample, error })
    return state === 'running'
  }

  /** The device has dropped what it counted when its link went. */
  unlinked(agentId: AgentId): void {
    const offline = new AppError('agent.offline', { message: 'The device lost its link while it counted.' })
    for (const held of this.#held.values()) {
      if (held.measurement.agentId !== agentId || held.measurement.state !== 'running') continue
      const error = { code: offline.code, message: offline.message, cure: offline.cure }
      this.#change(held, { ...held.measurement, state: 'failed', error })
    }
  }

  /** Ends and forgets what nobody wants any more. */
  async sweep(): Promise<void> {
    const { feeds, now } = this.#services
    for (const [id, held] of this.#held) {
      if (feeds.hasListeners(`measurement:${id}`)) held.wantedAtMs = now()
      if (now() - held.wantedAtMs < forgottenAfterMs) continue
      await this.#end(id, 'cancelled')
      this.#held.delete(id)
    }
  }

  async #end(measurementId: MeasurementId, state: 'cancelled'): Promise<void> {
    const held = this.#held.get(measurementId)
    if (held?.measurement.state !== 'running') return
    this.#change(held, { ...held.measurement, state })
    const { agentLinks, log } = this.#services
    try {
      await agentLinks.send(held.measurement.agentId, 'host.stop-measuring', { measurementId })
    } catch (error) {
      // It hears of it with its next figures, which are refused, or its link is gone and it has stopped by itself.
      log.debug(
        { event: 'measurement.stop-untold', agentId: held.measurement.agentId, err: error },
        'A device could not be told to stop counting',
      )
    }
  }

  #change(held: Held, measurement: Measurement): void {
    held.measurement = measurement
    const { feeds, now } = this.#services
    feeds.publishSample({ topic: `measurement:${measurement.id}`, seq: null, type: 'measurement.changed', atMs: now(), body: measurement })
  }
}
