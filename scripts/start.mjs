/**
 * `npm start [-- --backup FOLDER]`: installs and builds what is missing, then runs hub and this machine's agent until Ctrl-C.
 * Runs on Node 20 with nothing installed; hub and agent run on the project's own Node.
 */
import { buildWeb } from './bootstrap/build-web.mjs'
import { installPackages } from './bootstrap/install-packages.mjs'
import { runScript } from './bootstrap/run-script.mjs'
import { parseStartArguments } from './starting/parse-start-arguments.mjs'
import { runProduct } from './starting/run-product.mjs'
import { listenForStopWishes } from './starting/stop-wishes.mjs'

await runScript(async () => {
  const { backup } = parseStartArguments(process.argv.slice(2))
  const stop = listenForStopWishes()
  await installPackages({ signal: stop.asked })
  await buildWeb({ signal: stop.asked })
  return await runProduct({ backup, stop })
})
