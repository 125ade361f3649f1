import { creates, updates } from '@syncline/client-node';
import type { Stage, Story } from './stage/stage';

const READINGS = 'readings';

/** What comes in stands: good where the device is nearer to the truth than the server. */
export const clientWins: Story = {
  name: 'client-wins',
  about: 'what comes in stands, however old it is: the last to arrive wins',
  async play(stage: Stage): Promise<void> {
    const { space } = stage;
    await stage.declare({ collection: READINGS, json: true, clientWins: {} });
    const sensor = await stage.device('sensor', READINGS);
    const desk = await stage.device('desk', READINGS);

    stage.step('A sensor reports what it measures');
    sensor.change(space, creates(READINGS, 'tank', { litres: 80, from: 'sensor' }));
    await stage.settled(sensor, desk);
    stage.shows([desk], READINGS, 'tank', { litres: 80, from: 'sensor' });

    stage.step('Its connection breaks. It measures again, then somebody at the desk writes down a guess');
    sensor.goOffline();
    const [measured] = sensor.change(space, updates(READINGS, 'tank', { litres: 35, from: 'sensor' }));
    await stage.aMoment();
    desk.change(space, updates(READINGS, 'tank', { litres: 70, from: 'a guess' }));
    await stage.settled(desk);
    stage.shows([desk], READINGS, 'tank', { litres: 70, from: 'a guess' });

    stage.step('The sensor comes back with what it measured: that stands, although the guess is newer');
    sensor.goOnline();
    const { status, conflict } = await stage.answerTo(sensor, measured);
    stage.expect('the sensor is told', status, 'APPLIED');
    await stage.settled(sensor, desk);
    stage.shows([sensor, desk], READINGS, 'tank', { litres: 35, from: 'sensor' });

    stage.step('The desk finds in the ledger what became of its guess');
    const entry = stage.ledger(desk, conflict);
    stage.expect('what was stored before', entry.stored.json, { litres: 70, from: 'a guess' });
    stage.expect('settled by', entry.policy, 'client-wins');
  },
};
