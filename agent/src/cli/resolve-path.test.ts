import { expect, test } from 'vitest'
import { toWirePath } from '../runs/wire-path-bytes.ts'
import { localPath, resolveBytes, snapshotPath } from './resolve-path.ts'

const resolved = (folder: string, path: string): string => resolveBytes(Buffer.from(folder), Buffer.from(path)).toString()

test('a path is absolute and plain whatever was typed', () => {
  expect(resolved('/home/ann', 'docs')).toBe('/home/ann/docs')
  expect(resolved('/home/ann', '.')).toBe('/home/ann')
  expect(resolved('/home/ann', '../bob//./x/')).toBe('/home/bob/x')
  expect(resolved('/home/ann', '/etc/')).toBe('/etc')
  expect(resolved('/home/ann', '../../../..')).toBe('/')
  expect(resolved('/', 'a')).toBe('/a')
  expect(resolved('/home/ann', '...')).toBe('/home/ann/...')
})

test('bytes that are not UTF-8 survive, in the folder as in the path', () => {
  const wire = toWirePath(resolveBytes(Buffer.from([0x2f, 0xff]), Buffer.from('x')))
  expect(wire).toEqual({ path: '/\ufffd/x', pathBase64: Buffer.from([0x2f, 0xff, 0x2f, 0x78]).toString('base64') })
  expect(toWirePath(Buffer.from('/ü'))).toEqual({ path: '/ü' })
})

test('a relative local path starts where the person is; one in a snapshot must be absolute', () => {
  expect(localPath('x')).toEqual({ path: `${process.cwd()}/x` })
  expect(() => localPath('')).toThrow('empty')
  expect(snapshotPath('/etc/../usr/')).toEqual({ path: '/usr' })
  expect(() => snapshotPath('etc')).toThrow('not a path in a snapshot')
})
