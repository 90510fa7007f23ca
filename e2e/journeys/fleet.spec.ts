import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { OverviewPage } from '../pages/overview-page.ts'
import { signInToOverview } from '../pages/sign-in.ts'
import { runForJson } from '../stack/command-line.ts'
import { holdfastBin } from '../stack/project.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

/** Joins as another machine would, with the command that the console shows. */
async function joinByCommand(command: string): Promise<void> {
  const [program, ...args] = command.trim().split(/\s+/)
  expect(program).toBe('holdfast')
  await runForJson(holdfastBin, [...args, '--json'], { ...stack.env, HOLDFAST_AGENT_HOME: join(stack.folder, 'spare') })
}

test('the first day: the overview says what is missing, devices get names and tags, and what is done is ticked by itself', async ({
  page,
}) => {
  const letters = join(stack.folder, 'letters')
  mkdirSync(letters)
  writeFileSync(join(letters, 'letter.txt'), 'Dear backup,')

  let overview = await signInToOverview(page, stack.signInLink)
  await expect(overview.headline).toHaveText('Nothing is protected yet')
  await expect(overview.doneSteps).toHaveText([/^Add the first device/])
  await overview.choosePassword({ name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' })
  await expect(overview.doneSteps).toHaveText([/^Choose a password/, /^Add the first device/])

  const devices = await overview.openDevices()
  await devices.addDevice('spare', joinByCommand)
  await devices.expectNames(['journey', 'spare'])
  let device = await devices.open('journey')
  await device.addTag('Rack 4')
  await device.rename('atlas')
  const run = await device.backUpNow(letters)
  await run.expectState('Succeeded', 120_000)

  overview = await OverviewPage.open(page)
  await expect(overview.doneSteps.filter({ hasText: 'Make the first backup' })).toBeVisible()
  await expect(overview.findings).toHaveText([/^Serious: spare has never been backed up/])

  await overview.openDevices()
  await devices.filter('rack ATL')
  await devices.expectNames(['atlas'])
  await page.goto(`${stack.origin}/devices?state=never`)
  await devices.expectNames(['spare'])
  device = await devices.open('spare')
  await device.revoke()
  await device.remove()
  await devices.expectNames(['atlas'])

  overview = await OverviewPage.open(page)
  await expect(overview.headline).toHaveText('1 thing needs you')
  await expect(overview.findings).toHaveCount(0)
})
