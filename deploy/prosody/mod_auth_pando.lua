-- Accounts of a virtual host of Prosody (0.12 and later), checked by Pando Cloud: user name is the device id in hex, password its token.
--
--   plugin_paths = { "/etc/prosody/pando" }          -- where this file lies
--   VirtualHost "devices.example.org"
--     authentication = "pando"
--     auth_pando_url = "http://127.0.0.1:8090/v1/xmpp/auth"   -- PANDO_XMPPACCESS_AUTH_LISTEN

local async = require "util.async";
local base64 = require "util.encodings".base64.encode;
local http = require "net.http";
local new_sasl = require "util.sasl".new;

local url = assert(module:get_option_string("auth_pando_url"), "auth_pando_url must be set");

local provider = {};

local function is_device(username)
	return username:match("^%x+$") ~= nil;
end

function provider.test_password(username, password)
	if not is_device(username) then
		return nil, "not a device id";
	end
	local headers = { Authorization = "Basic " .. base64(username .. ":" .. password) };
	local wait, done = async.waiter();
	local status = 0;
	http.request(url, { headers = headers }, function (_, code)
		status = code;
		done();
	end);
	wait();
	if status == 200 then
		return true;
	end
	if status ~= 401 then
		module:log("warn", "the cloud answered %s to an account's check", tostring(status));
	end
	return nil, "not authorized";
end

function provider.user_exists(username)
	return is_device(username);
end

function provider.get_password()
	return nil, "passwords are not kept here";
end

function provider.set_password()
	return nil, "tokens are made by the cloud";
end

function provider.create_user()
	return nil, "devices are registered with the cloud";
end

function provider.delete_user()
	return nil, "devices are removed in the cloud";
end

function provider.get_sasl_handler()
	return new_sasl(module.host, {
		plain_test = function (_, username, password)
			return provider.test_password(username, password), true;
		end;
	});
end

module:provides("auth", provider);
