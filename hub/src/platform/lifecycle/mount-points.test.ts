import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { unmountedPlaceOf } from './mount-points.ts'

const planned = `# /etc/fstab
UUID=1 / ext4 defaults 0 1
UUID=2 none swap sw 0 0
  # UUID=9 /srv/commented ext4 defaults 0 2
nas:/backup /srv/backup nfs soft,_netdev 0 0
UUID=3 /srv/with\\040space/ ext4 noauto 0 2
`
const mountLine = (point: string): string => `36 35 98:0 / ${point} rw,noatime shared:1 - ext4 /dev/sda1 rw`
const withMounts = (...points: string[]) => ({ planned, mounted: ['/', '/proc', ...points].map(mountLine).join('\n') })

test('a folder on or below a planned disk that is not mounted is told with that disk', () => {
  for (const folder of ['/srv/backup', '/srv/backup/', '/srv/backup/holdfast/store'])
    expect(unmountedPlaceOf(folder, withMounts())).toEqual({ mountPoint: '/srv/backup', known: 'planned' })
  expect(unmountedPlaceOf('/srv/with space/store', withMounts())).toEqual({ mountPoint: '/srv/with space', known: 'planned' })
})

test('a mounted disk, and a folder that is meant to be on the system\u2019s own, are fine', () => {
  expect(unmountedPlaceOf('/srv/backup/store', withMounts('/srv/backup'))).toBeNull()
  expect(unmountedPlaceOf('/srv/with space/store', withMounts('/srv/with\\040space'))).toBeNull()
  for (const folder of ['/srv/backups', '/srv', '/var/lib/holdfast', '/srv/commented/store', '/'])
    expect(unmountedPlaceOf(folder, withMounts())).toBeNull()
})

test('below the folders where disks are mounted there has to be one', () => {
  for (const folder of ['/mnt/disk', '/mnt/disk/store', '/media/me/disk', '/run/media/me/disk'])
    expect(unmountedPlaceOf(folder, withMounts('/run'))).toEqual({ mountPoint: folder, known: 'customary' })
  expect(unmountedPlaceOf('/mnt/disk/store', withMounts('/mnt/disk'))).toBeNull()
  expect(unmountedPlaceOf('/mnt/store', withMounts('/mnt'))).toBeNull()
  expect(unmountedPlaceOf('/mnt', withMounts())).toBeNull()
})

test('symlinks lead to where the disk belongs', () => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'holdfast-mounts-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'disk'))
  symlinkSync(path.join(folder, 'disk'), path.join(folder, 'store'))
  const tables = { planned: `UUID=1 ${path.join(folder, 'disk')} ext4 defaults 0 2`, mounted: mountLine('/') }
  expect(unmountedPlaceOf(path.join(folder, 'store', 'new'), tables)).toEqual({ mountPoint: path.join(folder, 'disk'), known: 'planned' })
})

test('without a table of mounts nothing is said', () => {
  expect(unmountedPlaceOf('/mnt/disk', { planned, mounted: '' })).toBeNull()
})

test('this machine\u2019s own tables are read', () => {
  expect(unmountedPlaceOf(tmpdir())).toBeNull()
})
