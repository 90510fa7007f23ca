import { expect, test } from 'vitest'
import { api } from './api.ts'
import type { RouteContract } from './route.ts'

const routes = Object.entries(api) as [string, RouteContract][]

test('no two calls share an address', () => {
  const addresses = routes.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
  expect(addresses).toHaveLength(new Set(addresses).size)
})

test.each(routes)('%s names exactly the parameters of its path', (_, { path, params }) => {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
  expect(Object.keys(params?.shape ?? {}).toSorted((a, b) => a.localeCompare(b))).toEqual(named.toSorted((a, b) => a.localeCompare(b)))
})

test.each(routes)('%s takes a body only where HTTP has one', (_, { method, body }) => {
  if (method === 'get' || method === 'delete') expect(body).toBeUndefined()
})

test('only health, sign-in and enrolment are open to nobody in particular', () => {
  const open = routes.filter(([, { actor }]) => actor === 'none').map(([name]) => name)
  expect(open).toEqual(['healthLive', 'healthReady', 'health', 'signInWithLink', 'signIn', 'enrol'])
})
