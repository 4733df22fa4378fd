// A certified OpenID provider on the loopback, for the tests of login. People and the claims of
// their ID tokens come as JSON: node provider.js PORT PUBLIC_URL PEOPLE
import { Provider } from 'oidc-provider';

const [port, publicUrl, text] = process.argv.slice(2);
const people = JSON.parse(text);
const callback = `${publicUrl}/oauth2callback`;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'passport-dashboard',
    client_secret: 'a secret of the tests',
    redirect_uris: [callback],
    post_logout_redirect_uris: [callback],
  }],
  claims: { openid: ['sub', 'preferred_username', 'roles', 'places'] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => people[id] && {
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, ...people[id] }),
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // Nobody is asked whether the dashboard may know who logs in.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const accountId = ctx.query.login;
  if (accountId in people) {
    return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId } });
  }
  ctx.body = '<form><label>Login <input name="login"></label><button>Sign in</button></form>';
});

provider.listen(Number(port), '127.0.0.1');
