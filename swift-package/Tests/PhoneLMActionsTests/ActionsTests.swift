// Actions from the call to what the model is told: who is asked, what the phone is asked to do, and what is refused.

import Foundation
import PhoneLM
import Testing

@testable import PhoneLMActions

private func asked(_ actions: PhoneActions) -> Set<String> {
    Set(actions.tools.filter { $0.permission == .ask }.map(\.name))
}

@Suite(.timeLimit(.minutes(1)))
struct ActionsTests {
    private var phone = FakePhone()

    @Test func whatWritesSendsOrCallsIsAskedForAndNothingElse() {
        let writing: Set = [
            "set_alarm", "set_timer", "insert_event", "insert_contact", "edit_contact", "create_document",
        ]
        #expect(asked(phone.actions()) == writing.union(["send_message", "send_email", "dial"]))
        #expect(phone.actions().tools.count == 24)
        #expect(phone.actions().tools.allSatisfy { $0.timeLimit == nil })
    }

    @Test func theAppSaysWhatIsAskedFor() {
        #expect(asked(PhoneActions(device: phone.device, asksFor: Set(Effect.allCases))).count == 24)
        #expect(asked(PhoneActions(device: phone.device, asksFor: [.calls])) == ["dial"])
        #expect(asked(PhoneActions(device: phone.device, asksFor: [])).isEmpty)
    }

    @Test func aDescriptionSaysWhatWasFoundAndNothingIsDone() async throws {
        let expected = [
            (
                "set_alarm", #"{"hour":7,"minutes":5,"label":"gym","days":["monday"]}"#,
                "Set an alarm for 07:05 every Monday: gym"
            ),
            ("set_timer", #"{"seconds":3661,"label":"tea"}"#, "Start a timer of 1 h 1 min 1 s: tea"),
            ("show_alarms", "{}", "Tell the alarms of this app"),
            (
                "insert_event", #"{"title":"brunch","day":"sunday","time":"11:00"}"#,
                "Add to the calendar: brunch on Sunday 29 November 2026 at 11:00 for 60 minutes"
            ),
            ("insert_contact", #"{"name":"Tony","phone":"555"}"#, "Add Tony to the contacts, with 555"),
            ("edit_contact", #"{"name":"mum","company":"Acme"}"#, "Change the contact Mum, with Acme"),
            ("edit_contact", #"{"name":"mum"}"#, "Show the contact Mum"),
            ("view_contact", #"{"name":"hank"}"#, "Show the contact Hank"),
            ("pick_contact", "{}", "Let the user choose a contact"),
            ("get_contact_info", #"{"name":"mum","field":"phone"}"#, "Read the phone number of Mum"),
            ("dial", #"{"to":"mum"}"#, "Call Mum (555 0177)"),
            (
                "send_message", #"{"to":"ana silva","body":"late"}"#,
                "Send Ana Silva (+351 555 0102) the message: late"
            ),
            (
                "send_email", #"{"to":["bo"],"subject":"Hi","body":"there"}"#,
                "Write an e-mail to bo@example.org: Hi: there"
            ),
            ("web_search", #"{"query":"penguins"}"#, "Search the web for penguins"),
            ("search_location", #"{"query":"dog parks"}"#, "Show dog parks on a map"),
            ("navigate", #"{"destination":"home","mode":"walk"}"#, "Start directions to home"),
            ("open_settings", #"{"page":"main"}"#, "Open the settings: main of this app"),
            ("open_camera", #"{"mode":"video"}"#, "Open the camera"),
            ("take_photo", "{}", "Let the user take a picture"),
            ("play_media", #"{"query":"lofi"}"#, "Play lofi from the music library"),
            ("record_video", "{}", "Let the user record a video"),
            ("create_document", #"{"name":"notes","kind":"text"}"#, "Create the document notes"),
            ("open_document", #"{"kind":"pdf"}"#, "Let the user choose a document"),
            ("pick_file", #"{"kind":"image","multiple":true}"#, "Let the user choose files"),
        ]
        for (function, json, summary) in expected {
            #expect(try await phone.describe(function, json) == summary)
        }
        #expect(await phone.log.lines.isEmpty)
    }

    @Test func badArgumentsAreNeitherDescribedNorDone() async throws {
        for json in ["", "{}", "[]", #"{"seconds":0}"#, #"{"seconds":86401}"#, #"{"seconds":5,"x":1}"#] {
            _ = try await refusal { try await phone.describe("set_timer", json) }
            _ = try await refusal { try await phone.run("set_timer", json) }
        }
        _ = try await refusal { try await phone.describe("fly", "{}") }
        #expect(await phone.log.lines.isEmpty)
    }

    @Test func alarmsRingOnceOrEveryWeek() async throws {
        let told = try await phone.run("set_alarm", #"{"hour":7,"minutes":0}"#)
        #expect(told == "This app set an alarm for 07:00.")
        _ = try await phone.run("set_alarm", #"{"hour":10,"minutes":1,"label":"bins"}"#)
        _ = try await phone.run("set_alarm", #"{"hour":10,"minutes":0}"#)
        _ = try await phone.run("set_alarm", #"{"hour":7,"minutes":30,"days":["sunday","monday"]}"#)
        #expect(
            await phone.log.lines == [
                "alarm 2026-11-27T06:00:00Z Alarm", "alarm 2026-11-26T09:01:00Z bins",
                "alarm 2026-11-27T09:00:00Z Alarm", "alarm 07:30 monday,sunday Alarm",
            ])
    }

    @Test func aTimerIsAnAlarmAtItsEnd() async throws {
        #expect(try await phone.run("set_timer", #"{"seconds":300}"#) == "This app started a timer of 5 min.")
        _ = try await phone.run("set_timer", #"{"seconds":86400,"label":"Nap"}"#)
        #expect(await phone.log.lines == ["alarm 2026-11-26T09:05:30Z Timer", "alarm 2026-11-27T09:00:30Z Nap"])
    }

    @Test mutating func alarmsOfTheAppAreTold() async throws {
        #expect(try await phone.run("show_alarms", "{}") == "This app has set no alarms.")
        phone.schedules = [.once(now), .weekly(ClockTime(hour: 7, minute: 5), [.monday, .friday])]
        let told = "Alarms of this app: Thursday 26 November 2026 at 10:00, 07:05 every Monday, Friday."
        #expect(try await phone.run("show_alarms", "{}") == told)
    }

    @Test func events() async throws {
        let expected = [
            (
                #"{"title":"lunch","day":"tomorrow","time":"12:30"}"#,
                "event lunch 2026-11-27T11:30:00Z to 2026-11-27T12:30:00Z"
            ),
            (
                #"{"title":"lunch","day":"tomorrow","time":"12:30","duration_minutes":90,"location":"cafe luna","#
                    + #""guests":["a@example.org","Bo"]}"#,
                "event lunch 2026-11-27T11:30:00Z to 2026-11-27T13:00:00Z [cafe luna] [With a@example.org, bo@example.org]"
            ),
            (
                #"{"title":"party","day":"new year's eve","time":"23:30","duration_minutes":60}"#,
                "event party 2026-12-31T22:30:00Z to 2026-12-31T23:30:00Z"
            ),
            // Neither the hour that the clock leaves out in spring nor the one that it repeats in autumn is lost.
            (
                #"{"title":"gap","day":"28 march 2027","time":"02:30","duration_minutes":60}"#,
                "event gap 2027-03-28T01:30:00Z to 2027-03-28T02:30:00Z"
            ),
            (
                #"{"title":"twice","day":"31 october 2027","time":"02:30","duration_minutes":120}"#,
                "event twice 2027-10-31T00:30:00Z to 2027-10-31T02:30:00Z"
            ),
            (#"{"title":"trip","day":"tomorrow"}"#, "event trip 2026-11-26T23:00:00Z to 2026-11-26T23:00:00Z all day"),
            (
                #"{"title":"trip","day":"tomorrow","duration_minutes":1440}"#,
                "event trip 2026-11-26T23:00:00Z to 2026-11-26T23:00:00Z all day"
            ),
            (
                #"{"title":"trip","day":"tomorrow","duration_minutes":2880}"#,
                "event trip 2026-11-26T23:00:00Z to 2026-11-27T23:00:00Z all day"
            ),
        ]
        for (json, line) in expected {
            _ = try await phone.run("insert_event", json)
            #expect(await phone.log.lines.last == line)
        }
        let guests = #"{"title":"lunch","day":"today","guests":["bo"]}"#
        let told = "lunch on Thursday 26 November 2026, all day (with bo@example.org; iOS lets no app invite them)"
        #expect(try await phone.run("insert_event", guests) == "The calendar has the event: \(told).")
    }

    @Test func clockZoneAndLocaleDecideTheDay() async throws {
        func add(_ day: String, _ instant: String, _ name: String, _ locale: String) async throws -> String {
            let actions = PhoneActions(
                device: phone.device, now: { moment(instant) }, timeZone: zone(name),
                locale: Locale(identifier: locale))
            return try await actions.run("insert_event", #"{"title":"brunch","day":"\#(day)","time":"00:00"}"#)
        }
        let (eve, york) = ("2027-01-01T04:59:59Z", "America/New_York")
        #expect(try await add("tomorrow", eve, york, "en_US").contains("Friday 1 January 2027 at 00:00"))
        #expect(await phone.log.lines.last == "event brunch 2027-01-01T05:00:00Z to 2027-01-01T06:00:00Z")
        #expect(try await add("5/12", eve, york, "en_US").contains("12 May 2027"))
        #expect(try await add("5/12", eve, york, "en_GB").contains("5 December 2027"))
        #expect(try await add("Samstag", eve, york, "de_DE").contains("Saturday 2 January 2027"))
        let auckland = try await add("Freitag", "2026-12-31T10:59:59Z", "Pacific/Auckland", "de_DE")
        #expect(auckland.contains("1 January 2027"))
    }

    @Test func contactsAreAddedAndChanged() async throws {
        let tony = #"{"name":"Tony Van Stark","phone":"555","email":"t@example.org","company":"Acme"}"#
        #expect(try await phone.run("insert_contact", tony) == "Tony Van Stark was added to the contacts.")
        _ = try await phone.run("insert_contact", #"{"name":"Tony"}"#)
        let changed = try await phone.run("edit_contact", #"{"name":"mum","email":"m@example.org"}"#)
        #expect(changed == "The contact Mum was changed.")
        _ = try await phone.run("edit_contact", #"{"name":"mum"}"#)
        #expect(
            await phone.log.lines == [
                #"add Tony Van|Stark ["555", "t@example.org", "Acme"]"#, "add Tony| []",
                #"update Mum ["m@example.org"]"#, "card Mum",
            ])
    }

    @Test func whoIsMeant() async throws {
        func view(_ name: String) async throws -> String {
            try await phone.run("view_contact", #"{"name":"\#(name)"}"#)
        }
        #expect(try await view("MUM") == "The contact Mum is on the screen.")
        #expect(try await view("bo").contains("contact Bo is"))
        #expect(try await view("diddley bo").contains("Bo Diddley"))
        #expect(try await view("silva").contains("Ana Silva"))
        #expect(try await view("anast").contains("Anastasia Petrova"))
        let several = try await refusal { try await view("ana") }
        #expect(several == .contactAmbiguous(name: "ana", matches: ["Ana Silva", "Ana Costa"]))
        #expect(several.localizedDescription.contains("Ana Silva, Ana Costa"))
        let nobody = try await refusal { try await view("Hotel Miramar") }
        #expect(nobody == .contactUnknown(name: "Hotel Miramar"))
        #expect(nobody.localizedDescription.contains("Hotel Miramar"))
    }

    @Test func whatAContactLacks() async throws {
        func lacks(_ function: String, _ json: String) async throws -> String {
            let error = try await refusal { try await phone.run(function, json) }
            guard case .contactLacks = error else { throw error }
            return error.localizedDescription
        }
        #expect(try await lacks("dial", #"{"to":"Hank"}"#) == "Hank has no phone number in the contacts.")
        #expect(try await lacks("send_message", #"{"to":"Hank","body":"a"}"#).contains("phone number"))
        #expect(try await lacks("send_email", #"{"to":["bo","mum"]}"#).contains("Mum has no e-mail address"))
        let event = #"{"title":"a","day":"today","guests":["hank"]}"#
        #expect(try await lacks("insert_event", event).contains("Hank has no e-mail address"))
        #expect(try await lacks("get_contact_info", #"{"name":"mum","field":"address"}"#).contains("postal address"))
        #expect(try await lacks("get_contact_info", #"{"name":"mum","field":"birthday"}"#).contains("birthday"))
    }

    @Test func detailsOfAContact() async throws {
        func read(_ name: String, _ field: String) async throws -> String {
            try await phone.run("get_contact_info", #"{"name":"\#(name)","field":"\#(field)"}"#)
        }
        let phones = "Ana Silva, phone number: +351 555 0101 (home), +351 555 0102 (mobile)"
        #expect(try await read("ana silva", "phone") == phones)
        #expect(try await read("bo", "email") == "Bo, e-mail address: bo@example.org")
        #expect(try await read("ana silva", "address") == "Ana Silva, postal address: 1 Rua Nova, Porto (home)")
        #expect(try await read("ana silva", "birthday") == "Ana Silva, birthday: 12 May 1990")
        #expect(try await read("hank", "birthday") == "Hank, birthday: 29 February")
    }

    @Test func contactsThatTheAppDoesNotDeclareOrTheUserDenies() async throws {
        var (undeclared, denied) = (phone, phone)
        undeclared.missingKey = "NSContactsUsageDescription"
        denied.isAllowed = false
        for function in ["dial", "get_contact_info", "view_contact", "edit_contact", "send_message"] {
            let call = try #require(calls[function])
            let first = try await refusal { try await undeclared.run(function, call) }
            let second = try await refusal { try await denied.run(function, call) }
            #expect(first.localizedDescription.contains("This app cannot read contacts"))
            #expect(second.localizedDescription.contains("The user does not let this app read the contacts"))
        }
        let without = phone.actions { $0.contacts = nil }
        let none = try await refusal { try await without.run("dial", #"{"to":"mum"}"#) }
        #expect(none.localizedDescription.contains("Ask for the number"))
    }
}
