import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, expect, inject, test } from 'vitest'
import { prepareExternalDatabase } from './prepare-external-database.ts'

const server = inject('testPostgres')
const suffix = randomBytes(4).toString('hex')
const role = `weak_${suffix}`
const database = `external_${suffix}`
const urlOf = (user: string, name: string) => `postgresql://${user}@${encodeURIComponent(server.host)}:${server.port}/${name}`

async function run(statement: string): Promise<unknown[]> {
  const client = new Client(server)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

afterAll(async () => {
  await run(`drop database if exists ${database}`)
  await run(`drop role if exists ${role}`)
})

test('creates the database that is missing, once', async () => {
  await prepareExternalDatabase(urlOf(server.user, database))
  await prepareExternalDatabase(urlOf(server.user, database))
  expect(await run(`select 1 from pg_database where datname = '${database}'`)).toHaveLength(1)
})

test('says what the administrator has to do where it may not create it', async () => {
  await run(`create role ${role} login`)
  await expect(prepareExternalDatabase(urlOf(role, `${database}_two`))).rejects.toThrow(
    expect.objectContaining({ code: 'settings.invalid', cure: expect.stringContaining(`create database ${database}_two`) }),
  )
})

test('says that user and password are wrong, and repeats neither', async () => {
  const refused = prepareExternalDatabase(urlOf(`nobody_${suffix}:hunter2`, database))
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'settings.invalid', cure: expect.not.stringContaining('hunter2') }))
})

test('says that nothing answers', async () => {
  await expect(prepareExternalDatabase('postgresql://127.0.0.1:1/x')).rejects.toThrow(
    expect.objectContaining({ code: 'database.unavailable' }),
  )
})
