import {
  AppError,
  LiveEvent,
  liveEventName,
  Subscribe,
  subscribeEvent,
  toWireError,
  uiNamespace,
  unsubscribeEvent,
  type Topic,
} from '@holdfast/shared-types'
import type { Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'socket.io'

type Told = { [T in LiveEvent['type']]: { readonly type: T; readonly body: Extract<LiveEvent, { type: T }>['body'] } }[LiveEvent['type']]

/** The `/ui` namespace by the contract: topics with kept events, resumed by `lastSeq`. */
export function openLiveTopics(http: HttpServer, isSignedIn: () => boolean) {
  const io = new Server(http, { transports: ['websocket'], serveClient: false })
  const kept = new Map<Topic, LiveEvent[]>()
  const sockets = new Set<Socket>()
  const seqOf = (topic: Topic) => kept.get(topic)?.at(-1)?.seq ?? 0

  io.of(uiNamespace).use((_socket, next) => {
    if (isSignedIn()) return next()
    next(Object.assign(new Error('sign-in.required'), { data: { code: 'sign-in.required' } }))
  })
  io.of(uiNamespace).on('connection', (socket) => {
    sockets.add(socket)
    socket.on('disconnect', () => sockets.delete(socket))
    socket.on(subscribeEvent, (body: unknown, answer: (ack: unknown) => void) => {
      const { topic, lastSeq } = Subscribe.parse(body)
      if (lastSeq !== undefined && lastSeq > seqOf(topic))
        return answer({ ok: false, error: toWireError(new AppError('live.sequence-gone')) })
      if (lastSeq !== undefined)
        for (const event of kept.get(topic) ?? []) if (event.seq !== null && event.seq > lastSeq) socket.emit(liveEventName, event)
      void socket.join(topic)
      answer({ ok: true, body: { seq: seqOf(topic) } })
    })
    socket.on(unsubscribeEvent, ({ topic }: { topic: string }, answer: (ack: unknown) => void) => {
      void socket.leave(topic)
      answer({ ok: true, body: {} })
    })
  })

  return {
    seqOf,
    /** How many links listen to a topic now. */
    listeners: (topic: Topic): number => io.of(uiNamespace).adapter.rooms.get(topic)?.size ?? 0,
    /** Tells everybody who listens; progress and figures of a measurement carry no sequence and are not kept. */
    tell(topic: Topic, told: Told): void {
      const seq = told.type === 'run.progress' || told.type === 'measurement.changed' ? null : seqOf(topic) + 1
      const event = LiveEvent.parse({ topic, seq, atMs: Date.now(), ...told })
      if (seq !== null) kept.set(topic, [...(kept.get(topic) ?? []).slice(-30_000), event])
      io.of(uiNamespace).to(topic).emit(liveEventName, event)
    },
    /** Cuts every link as a broken network does: the browsers come back by themselves. */
    cutLinks(): void {
      for (const socket of sockets) socket.conn.close()
    },
    close: () => io.close(),
  }
}

export type LiveTopics = ReturnType<typeof openLiveTopics>
