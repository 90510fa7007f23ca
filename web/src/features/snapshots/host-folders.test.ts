import { expect, test } from 'vitest'
import { pathAbove, pathBelow } from './host-folders.ts'

test('the way down and up again leads to the same folder, on both kinds of systems', () => {
  expect(pathBelow(null, '/', '/')).toBe('/')
  expect(pathBelow('/', 'home', '/')).toBe('/home')
  expect(pathBelow('/home', 'ada', '/')).toBe('/home/ada')
  expect(pathBelow('C:\\', 'Users', '\\')).toBe('C:\\Users')
  expect(pathBelow('C:\\Users', 'Ada', '\\')).toBe('C:\\Users\\Ada')
  expect(['/home/ada', '/home', '/', '/home/'].map((path) => pathAbove(path, '/'))).toEqual(['/home', '/', null, '/'])
  expect(['C:\\Users\\Ada', 'C:\\Users', 'C:\\'].map((path) => pathAbove(path, '\\'))).toEqual(['C:\\Users', 'C:\\', null])
})
