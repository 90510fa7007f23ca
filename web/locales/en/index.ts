import design from './design.json'
import devices from './devices.json'
import errors from './errors.json'
import health from './health.json'
import overview from './overview.json'
import audit from './audit.json'
import people from './people.json'
import plans from './plans.json'
import purges from './purges.json'
import privateVaults from './private-vaults.json'
import retention from './retention.json'
import runs from './runs.json'
import settings from './settings.json'
import shell from './shell.json'
import signIn from './sign-in.json'
import snapshots from './snapshots.json'
import tokens from './tokens.json'
import vaults from './vaults.json'

export const en = {
  ...design,
  ...shell,
  ...signIn,
  ...overview,
  ...devices,
  ...audit,
  ...people,
  ...plans,
  ...purges,
  ...privateVaults,
  ...retention,
  ...runs,
  ...snapshots,
  ...tokens,
  ...settings,
  ...vaults,
  ...errors,
  ...health,
}
