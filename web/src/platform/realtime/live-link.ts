import type { LiveEvent, Subscribe, SubscribeAck, Topic, UiAck } from '@holdfast/shared-types'
import { io, type Socket } from 'socket.io-client'
import { connection } from './connection.ts'
import { acknowledgePlace, takeEvent, type TopicPlace } from './topic-place.ts'
import { uiNames } from './ui-names.ts'

type Ack = ReturnType<(typeof UiAck)['parse']>
type Place = ReturnType<(typeof SubscribeAck)['parse']>

interface ServerEvents {
  event: (event: LiveEvent) => void
}
interface ClientEvents {
  subscribe: (body: Subscribe, answer: (ack: Ack) => void) => void
  unsubscribe: (body: { topic: Topic }, answer: (ack: Ack) => void) => void
}

export interface TopicListener {
  /** Each event once, in order. */
  readonly onEvent: (event: LiveEvent) => void
  /**
   * The subscription stands, first or again: events after `seq` come, and what was read before that place may miss changes.
   * `hadGap`: the hub no longer keeps the events that were missed, so they will not come.
   */
  readonly onCaughtUp?: ((hadGap: boolean, seq: number) => void) | undefined
}

interface OpenTopic {
  readonly place: TopicPlace
  readonly listeners: Set<TopicListener>
  isCaughtUp: boolean
  hadGap: boolean
}

// 10 s to acknowledge a subscription; then the link is taken for dead and made anew.
const ackTimeoutMs = 10_000
// 5 s: a hub whose database is away refuses for a while, and should not be hurried.
const refusedRetryMs = 5_000

const topics = new Map<Topic, OpenTopic>()
let socket: Socket<ServerEvents, ClientEvents> | undefined
let checkSignIn: () => void = () => undefined

/** Names who finds out whether the sign-in still holds when the hub ends or refuses the link. */
export function onLinkRefused(listener: () => void): void {
  checkSignIn = listener
}

async function subscribe(topic: Topic, open: OpenTopic): Promise<void> {
  // Nothing is sent while disconnected: socket.io would keep it and send it twice.
  if (socket?.connected !== true) return
  const asked = socket
  const askedFrom = open.place.lastSeq
  try {
    const ack = await asked
      .timeout(ackTimeoutMs)
      .emitWithAck(uiNames.subscribe, askedFrom === undefined ? { topic } : { topic, lastSeq: askedFrom })
    if (topics.get(topic) !== open) return
    if (!ack.ok && ack.error.code === 'live.sequence-gone') {
      open.place.lastSeq = undefined
      open.hadGap = true
      return await subscribe(topic, open)
    }
    if (!ack.ok) {
      checkSignIn()
      setTimeout(() => topics.get(topic) === open && void subscribe(topic, open), refusedRetryMs)
      return
    }
    const { seq } = ack.body as Place
    acknowledgePlace(open.place, askedFrom, seq)
    open.isCaughtUp = true
    const { hadGap } = open
    open.hadGap = false
    for (const listener of open.listeners) listener.onCaughtUp?.(hadGap, seq)
  } catch {
    // No acknowledgement: a link that does not answer is no link. Reconnecting subscribes everything again; one that was ended is left.
    if (socket === asked && asked.connected) asked.disconnect().connect()
  }
}

function dispatch(event: LiveEvent): void {
  const open = topics.get(event.topic)
  if (open === undefined || !takeEvent(open.place, event)) return
  for (const listener of open.listeners) listener.onEvent(event)
}

function makeSocket(): Socket<ServerEvents, ClientEvents> {
  const made: Socket<ServerEvents, ClientEvents> = io(uiNames.namespace, {
    transports: ['websocket'],
    withCredentials: true,
    autoConnect: false,
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    randomizationFactor: 0.5,
  })
  made.on('connect', () => {
    connection.up()
    for (const [topic, open] of topics) void subscribe(topic, open)
  })
  made.on('disconnect', (reason) => {
    connection.down()
    for (const open of topics.values()) open.isCaughtUp = false
    // The hub ended it on purpose and socket.io does not try again by itself: sign-out elsewhere, or a shutdown.
    if (reason === 'io server disconnect') {
      checkSignIn()
      setTimeout(() => socket === made && made.connect(), 1000)
    }
  })
  made.on('connect_error', () => {
    connection.down()
    if (made.active) return
    // The namespace refused us; not a question of the network.
    checkSignIn()
    setTimeout(() => socket === made && made.connect(), refusedRetryMs)
  })
  made.on('event', dispatch)
  return made
}

function hurry(): void {
  if (socket !== undefined && !socket.connected) socket.disconnect().connect()
}
const onVisible = () => document.visibilityState === 'visible' && hurry()
const onOffline = () => connection.down()

/** Opens the link to the hub and keeps it open until `stopLiveLink`. */
export function startLiveLink(): void {
  if (socket !== undefined) return
  connection.starting()
  socket = makeSocket()
  window.addEventListener('online', hurry)
  window.addEventListener('offline', onOffline)
  document.addEventListener('visibilitychange', onVisible)
  socket.connect()
}

export function stopLiveLink(): void {
  window.removeEventListener('online', hurry)
  window.removeEventListener('offline', onOffline)
  document.removeEventListener('visibilitychange', onVisible)
  const ended = socket
  socket = undefined
  ended?.disconnect()
  connection.stopped()
}

/**
 * Listens to a topic across reconnects, without gap or duplicate.
 *
 * @param lastSeq  where the first subscription starts; left out, with what happens from then on. A second listener of
 *                 the same topic joins at the first one's place.
 * @returns ends the listening.
 */
export function listenToTopic(topic: Topic, listener: TopicListener, lastSeq?: number): () => void {
  let open = topics.get(topic)
  if (open === undefined) {
    open = { place: { lastSeq }, listeners: new Set(), isCaughtUp: false, hadGap: false }
    topics.set(topic, open)
    void subscribe(topic, open)
  } else if (open.isCaughtUp) {
    const { lastSeq: seq = 0 } = open.place
    queueMicrotask(() => listener.onCaughtUp?.(false, seq))
  }
  open.listeners.add(listener)
  return () => {
    open.listeners.delete(listener)
    if (open.listeners.size > 0 || topics.get(topic) !== open) return
    topics.delete(topic)
    if (socket?.connected === true) socket.emit(uiNames.unsubscribe, { topic }, () => undefined)
  }
}
