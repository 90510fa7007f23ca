import { randomUUID } from 'node:crypto'
import { FolderReader } from '../host/folder-reader.ts'
import type { HostParts } from '../host/host-commands.ts'
import { Measurements } from '../host/measurements.ts'
import type { HubLink } from '../hub-connection/hub-link.ts'
import { ownPlaces, type OrderContext } from './make-run-order.ts'

/** The live view of this device. @param link asked for when there is something to tell. */
export function makeHostParts({ config, folders }: Pick<OrderContext, 'config' | 'folders'>, link: () => HubLink): HostParts {
  const places = ownPlaces(config, folders)
  const measurements = new Measurements({
    ownPlaces: places,
    tell: (body) => link().send({ v: 1, id: randomUUID(), type: 'host.measured', sentAtMs: Date.now(), body }, 10_000),
  })
  return { folders: new FolderReader(), measurements, ownPlaces: places }
}
