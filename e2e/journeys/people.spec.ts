import { request } from 'node:http'
import { expect, test, type Page } from '@playwright/test'
import { PeoplePage } from '../pages/people-page.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

const grace = { name: 'Grace', email: 'grace@example.org', password: 'a nanosecond of wire' }
const ada = { name: 'Ada', email: 'ada@example.org', password: 'the analytical engine' }

/** What a person who has just come by a link is offered. */
async function chooseCredentials(page: Page, { name, email, password }: typeof grace): Promise<void> {
  const card = page.getByRole('region', { name: 'Choose an e-mail address and a password' })
  await card.getByLabel('Your name').fill(name)
  await card.getByLabel('E-mail address').fill(email)
  await card.getByLabel('New password', { exact: true }).fill(password)
  await card.getByLabel('Repeat the new password').fill(password)
  await card.getByRole('button', { name: 'Save' }).click()
  await expect(card).toBeHidden()
}

async function typeCredentials(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Signs in as a browser at another address of this machine would. */
function signInFrom(localAddress: string, email: string, password: string): Promise<number> {
  const body = JSON.stringify({ email, password })
  return new Promise((resolve, reject) => {
    const asked = request(
      `${stack.origin}/api/v1/sign-in`,
      { method: 'POST', localAddress, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
      (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    asked.on('error', reject).end(body)
  })
}

test('somebody is invited, works within their role, is locked out for guessing and signed out from elsewhere', async ({
  browser,
  page,
}) => {
  await signInByLink(page, stack.signInLink)
  await chooseCredentials(page, ada)
  const people = new PeoplePage(page)
  await people.open(stack.origin)
  const link = await people.invite(grace.name, grace.email, 'Operator')

  const herContext = await browser.newContext()
  const hers = await herContext.newPage()
  await test.step('the link lets her in once; she chooses a password and sees no administration', async () => {
    await hers.goto(link)
    await chooseCredentials(hers, grace)
    await expect(hers).not.toHaveURL(/token/)
    const sidebar = hers.getByRole('navigation', { name: 'Main' })
    await expect(sidebar.getByRole('link', { name: 'Runs' })).toBeVisible()
    await expect(sidebar.getByRole('link', { name: 'People' })).toHaveCount(0)
    await hers.goto(`${stack.origin}/people`)
    await expect(hers.getByText('For administrators')).toBeVisible()
    await page.reload()
    await expect(people.row(grace.name)).toContainText('Active')
  })

  await test.step('as an administrator she sees what she may; put down again, the next refusal tells her page', async () => {
    await people.changeRole(grace.name, 'Administrator', ada.password)
    await hers.reload()
    await expect(hers.getByRole('heading', { level: 1, name: 'People' })).toBeVisible()
    await people.changeRole(grace.name, 'Operator', ada.password)
    await hers.getByRole('link', { name: 'Audit log' }).click()
    await expect(hers.getByText('For administrators')).toBeVisible()
    await expect(hers.getByRole('link', { name: 'Audit log' })).toHaveCount(0)
  })

  await test.step('the last administrator cannot remove themselves, and is told why', async () => {
    await people.choose(ada.name, 'Remove')
    await expect(page.getByText('You are signed out at once')).toBeVisible()
    await page.getByRole('button', { name: 'Remove account' }).click()
    await expect(page.getByRole('dialog').getByText('This is the last administrator.')).toBeVisible()
    await page.getByRole('button', { name: 'Cancel' }).click()
  })

  const guesserContext = await browser.newContext()
  const guesser = await guesserContext.newPage()
  await test.step('guessing is slowed down here, not where she is; the log shows the tries', async () => {
    await guesser.goto(`${stack.origin}/audit?outcome=refused`)
    for (let wrong = 1; wrong <= 5; wrong += 1) {
      await typeCredentials(guesser, grace.email, `guess ${wrong}`)
      await expect(guesser.getByText('E-mail or password is wrong.')).toBeVisible()
      await guesser.getByLabel('Password', { exact: true }).fill('')
    }
    await typeCredentials(guesser, grace.email, grace.password)
    await expect(guesser.getByRole('timer')).toHaveText(/Try again in \d+\ss/)
    await expect(guesser.getByRole('button', { name: 'Sign in' })).toBeDisabled()
    expect(await signInFrom('127.0.0.2', grace.email, grace.password), 'from another address').toBe(200)
    expect((await herContext.request.get(`${stack.origin}/api/v1/me`)).status(), 'where she is signed in already').toBe(200)
    await page.getByRole('link', { name: 'Audit log' }).click()
    await expect(page.getByText('A sign-in as Grace failed')).toHaveCount(5)
    await page.getByText('A sign-in as Grace failed').first().click()
    await expect(page.getByText('E-mail or password is wrong.')).toBeVisible()
  })

  await test.step('a token made in the page works until it is revoked', async () => {
    await page.getByRole('link', { name: 'API tokens' }).click()
    await page.getByRole('button', { name: 'Make a token' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill('monitoring')
    await page.getByRole('button', { name: 'Make the token' }).click()
    const token = await page.getByRole('textbox', { name: 'API token' }).innerText()
    await expect(page.getByRole('textbox', { name: 'Example call' })).toContainText(token)
    await page.getByRole('button', { name: 'Done' }).click()
    const call = async () => (await fetch(`${stack.origin}/api/v1/devices`, { headers: { authorization: `Bearer ${token}` } })).status
    expect(await call()).toBe(200)
    await page.getByRole('button', { name: 'Revoke monitoring' }).click()
    await page.getByRole('button', { name: 'Revoke token' }).click()
    await expect(page.getByRole('button', { name: '1 ended token' })).toBeVisible()
    expect(await call()).toBe(401)
  })

  await test.step('once the wait is over the right password leads to where she wanted to go', async () => {
    await expect(guesser.getByText('You can try again now.')).toBeVisible({ timeout: 60_000 })
    await guesser.getByLabel('Password', { exact: true }).fill(grace.password)
    await guesser.getByRole('button', { name: 'Sign in' }).click()
    await expect(guesser).toHaveURL(`${stack.origin}/audit?outcome=refused`)
  })

  await test.step('ended from her settings, the other browser is signed out at once', async () => {
    await hers.goto(`${stack.origin}/settings`)
    const list = hers.getByRole('list', { name: 'Where you are signed in' })
    await expect(list.getByRole('listitem')).toHaveCount(3)
    await hers.getByRole('button', { name: 'End all others' }).click()
    await hers.getByRole('dialog').getByRole('button', { name: 'End all others' }).click()
    await expect(list.getByRole('listitem')).toHaveCount(1)
    await expect(list).toContainText('This one')
    await expect(guesser.getByText('You were signed out. Sign in again to go on.')).toBeVisible()
  })
})
