import { randomBytes } from 'node:crypto'
import { blobTypes } from '../../format/index.ts'
import { RemoteSource } from '../remote-source.ts'
import { InlineSealer } from '../sealing/inline-sealer.ts'
import { SessionSink } from '../session/session-sink.ts'
import { WorkerOpener } from '../worker-opener.ts'
import { LoopbackHub } from './loopback-hub.ts'
import { aDomain } from './test-keys.ts'

/** Reads through threads and then has nothing more to do: the process must end by itself, although nobody closes the source. */
const keys = aDomain()
const hub = new LoopbackHub()
const sink = new SessionSink(keys, hub.sessionPorts, (onPack) => new InlineSealer(keys, onPack))
const ticket = sink.add(blobTypes.data, randomBytes(3_000_000))
await sink.finish()
await new RemoteSource(keys, hub.sourcePorts, new WorkerOpener(keys, 2)).read(blobTypes.data, sink.idOf(ticket))
