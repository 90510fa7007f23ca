import { isEndState, type Device, type LogLine, type Run, type RunOrder, type Snapshot } from '@holdfast/shared-types'

export type EndedOrNot = Pick<Run, 'id' | 'state'>

/** What a person's browser asks of the hub, by its own address and not through the weather. */
export class HubDoor {
  readonly cookie: string
  readonly #origin: string

  private constructor(origin: string, cookie: string) {
    this.#origin = origin
    this.cookie = cookie
  }

  static async signIn(origin: string, signInLink: string): Promise<HubDoor> {
    const token = new URL(signInLink).hash.slice('#token='.length)
    const answer = await fetch(`${origin}/api/v1/sign-in/link`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    if (!answer.ok) throw new Error(`Signing in failed with ${answer.status}`)
    return new HubDoor(origin, (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '')
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.send('GET', path)
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.#origin}/api/v1${path}`, {
      method,
      headers: { cookie: this.cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
  }

  async device(): Promise<Device> {
    const { items } = await this.get<{ items: Device[] }>('/devices')
    const [device] = items
    if (device === undefined) throw new Error('There is no device')
    return device
  }

  /** Orders a run. While things break it may be refused, or be made and not answered: then null. */
  async tryOrder(agentId: string, order: RunOrder): Promise<Run | null> {
    try {
      const answer = await this.send('POST', `/devices/${agentId}/runs`, order)
      return answer.ok ? ((await answer.json()) as Run) : null
    } catch {
      return null // The hub is away.
    }
  }

  async order(agentId: string, order: RunOrder): Promise<Run> {
    const answer = await this.send('POST', `/devices/${agentId}/runs`, order)
    if (!answer.ok) throw new Error(`A run was refused: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Run
  }

  async tryCancel(runId: string): Promise<void> {
    await this.send('POST', `/runs/${runId}/cancel`, {}).catch(() => null) // The hub may be away.
  }

  run(runId: string): Promise<Run> {
    return this.get<Run>(`/runs/${runId}`)
  }

  /** Newest first. */
  async runs(limit: number): Promise<readonly Run[]> {
    return (await this.get<{ items: Run[] }>(`/runs?limit=${limit}`)).items
  }

  async activeRuns(): Promise<readonly Run[]> {
    return (await this.get<{ items: Run[] }>('/runs?active=true&limit=100')).items.filter((run) => !isEndState(run.state))
  }

  async log(runId: string): Promise<readonly LogLine[]> {
    const lines: LogLine[] = []
    for (;;) {
      const after = lines.at(-1)?.seq ?? 0
      const { items, hasMore } = await this.get<{ items: LogLine[]; hasMore?: boolean }>(`/runs/${runId}/log?after=${after}&limit=1000`)
      lines.push(...items)
      if (hasMore !== true) return lines
    }
  }

  async snapshots(): Promise<readonly Snapshot[]> {
    return (await this.get<{ items: Snapshot[] }>('/snapshots')).items
  }
}
