// What has to change in the options of one relay before another can take them. Pure.
import type { Options } from '../../api/model';
import type { Recipe } from '../../api/recipe';

/** The built-in relay finds out by itself whether a server speaks wss; one in a container has to be told. */
export function otherKindOptions(to: Recipe, given: Options): Options {
	const pattern = to.options.find((o) => o.key === 'server')?.pattern;
	const server = given.server;
	if (!pattern || typeof server !== 'string') return {};
	const fits = new RegExp(pattern);
	return !fits.test(server) && fits.test(`wss://${server}`) ? { server: `wss://${server}` } : {};
}
