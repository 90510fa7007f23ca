import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { discretionOf } from '../discretion/discretion.ts'
import { openHostDoor } from './host-commands.ts'

test('folders of a private vault’s device are not even looked at for the hub, and those of a managed one are', async () => {
  let isPrivate = false
  const vault = {
    get isPrivate() {
      return isPrivate
    },
  }
  const door = openHostDoor({ discretion: discretionOf(vault), ownPlaces: [], tell: () => Promise.resolve({ goOn: false }) })
  const look = () => door.commands['host.list']({ path: { path: tmpdir() }, after: null, limit: 1 })
  expect((await look()).folder).toEqual({ path: tmpdir() })
  isPrivate = true
  await expect(look()).rejects.toMatchObject({ code: 'vault.private' })
  door.close()
})
