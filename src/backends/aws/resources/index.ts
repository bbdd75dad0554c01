import type { Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { logGroupDriver } from './log-group.js';
import { rolePolicyDriver } from './role-policy.js';
import { roleDriver } from './role.js';
import { scheduleGroupDriver } from './schedule-group.js';
import { scheduleDriver } from './schedule.js';
import { secretVersionDriver } from './secret-version.js';
import { secretDriver } from './secret.js';
import { securityGroupDriver } from './security-group.js';
import { serviceDriver } from './service.js';
import { taskDefinitionDriver } from './task-definition.js';

/** A driver for each resource type of a worker's stack. */
export function driversOf(aws: Aws): Record<string, Driver> {
  const drivers = [
    scheduleGroupDriver,
    scheduleDriver,
    roleDriver,
    rolePolicyDriver,
    logGroupDriver,
    secretDriver,
    secretVersionDriver,
    securityGroupDriver,
    taskDefinitionDriver,
    serviceDriver,
  ].map((make) => make(aws));
  return Object.fromEntries(drivers.map((driver) => [driver.schema.type, driver]));
}
