// authlogin: QTS's /cgi-bin/authLogin.cgi, as far as its documents and other apps' sources tell.
//
//	answer(fields, users) → XML
//
// fields: the parameters of the query or form (user, pwd in base64 of UTF-8, plain_pwd, sid, qtoken, remme).
// users: [{name, password, admin, sid, qtoken, twoStep}], of the test's choice. As in QTS, a failure echoes the user name it
// was given: whoever trusts `username` without `authPassed` is wrong.
import { Buffer } from 'node:buffer';

const cdata = (name, value) => `<${name}><![CDATA[${value}]]></${name}>`;

function find(fields, users) {
  if (fields.sid) return users.find((u) => u.sid && u.sid === fields.sid);
  const user = users.find((u) => u.name === fields.user);
  if (!user) return undefined;
  if (fields.qtoken) return user.qtoken && user.qtoken === fields.qtoken ? user : undefined;
  const password = fields.plain_pwd ?? (fields.pwd && Buffer.from(fields.pwd, 'base64').toString('utf8'));
  return password && password === user.password ? user : undefined;
}

export function answer(fields, users) {
  const user = find(fields, users);
  const second = user?.twoStep && !fields.sid && !fields.qtoken && fields.security_code !== user.twoStep;
  const passed = user && !second;
  const lines = [
    cdata('doQuick', ''), cdata('is_booting', 0), cdata('authPassed', passed ? 1 : 0),
    ...(passed ? [cdata('authSid', user.sid ?? 'sid-' + user.name), cdata('isAdmin', user.admin ? 1 : 0)] : [cdata('errorValue', -1)]),
    cdata('need_2sv', second ? 1 : 0), cdata('username', user?.name ?? fields.user ?? ''),
    ...(passed && fields.remme ? [cdata('qtoken', user.qtoken ?? '')] : []),
    cdata('webAccessPort', 8080), cdata('stunnelEnabled', 1), cdata('stunnelPort', 443),
  ];
  return `<?xml version="1.0" encoding="UTF-8" ?>\n<QDocRoot version="1.0">\n${lines.join('\n')}\n</QDocRoot>\n`;
}
