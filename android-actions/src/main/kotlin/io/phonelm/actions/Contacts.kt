package io.phonelm.actions

import android.content.ContentResolver
import android.content.res.Resources
import android.database.Cursor
import android.net.Uri
import android.provider.ContactsContract.CommonDataKinds.Email
import android.provider.ContactsContract.CommonDataKinds.Event
import android.provider.ContactsContract.CommonDataKinds.Phone
import android.provider.ContactsContract.CommonDataKinds.StructuredPostal
import android.provider.ContactsContract.Contacts as Table
import android.provider.ContactsContract.Data
import io.phonelm.actions.ActionException.ContactAmbiguous
import io.phonelm.actions.ActionException.ContactLacks
import io.phonelm.actions.ActionException.ContactUnknown
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** A person in the contacts. */
internal data class Contact(val id: Long, val lookupKey: String, val name: String) {
    /** Where the contacts app finds it, even after a sync changed its id. */
    val uri: Uri get() = Table.getLookupUri(id, lookupKey)
}

/** A value of a contact, such as a number, and what it is called. */
internal data class Detail(val value: String, val label: String, val isPrimary: Boolean, val isMobile: Boolean)

/** The one of [found] that [said] means. */
internal fun choose(said: String, found: List<Contact>): Contact {
    val words = said.words()
    val best = found.filter { it.name.equals(said, ignoreCase = true) }
        .ifEmpty { found.filter { contact -> contact.name.words().containsAll(words) } }
        .ifEmpty { found }
        .distinctBy { it.lookupKey }
    return when (best.size) {
        0 -> throw ContactUnknown(said)
        1 -> best.single()
        else -> throw ContactAmbiguous(said, best.map { it.name })
    }
}

private fun String.words() = lowercase().split(' ').filter { it.isNotEmpty() }

/** The one to use where one is needed: the primary one, else the mobile one, else the first. */
internal fun List<Detail>.best(): Detail? = find { it.isPrimary } ?: find { it.isMobile } ?: firstOrNull()

/** Reads the contacts, which needs READ_CONTACTS. */
internal class Contacts(private val resolver: ContentResolver, private val resources: Resources) {
    suspend fun find(name: String): Contact {
        val filter = Uri.withAppendedPath(Table.CONTENT_FILTER_URI, Uri.encode(name))
        val columns = arrayOf(Table._ID, Table.LOOKUP_KEY, Table.DISPLAY_NAME_PRIMARY)
        return choose(name, rows(filter, columns) { Contact(getLong(0), getString(1).orEmpty(), getString(2).orEmpty()) })
    }

    /** The value of [field] to use where one is needed. */
    suspend fun best(contact: Contact, field: ContactField): String =
        details(contact, field).best()?.value ?: throw ContactLacks(contact.name, field)

    /** All values of [field], the primary one first. */
    suspend fun details(contact: Contact, field: ContactField): List<Detail> {
        val kind = KINDS.getValue(field)
        val columns = arrayOf(Data.DATA1, Data.DATA2, Data.DATA3, Data.IS_SUPER_PRIMARY)
        val where = "${Data.CONTACT_ID} = ? AND ${Data.MIMETYPE} = ?"
        val found = rows(Data.CONTENT_URI, columns, where, arrayOf(contact.id.toString(), kind.mimeType)) {
            val type = getInt(1)
            val detail = Detail(
                value = getString(0).orEmpty(),
                label = kind.label(resources, type, getString(2)).toString(),
                isPrimary = getInt(3) != 0,
                isMobile = field == ContactField.PHONE && type == Phone.TYPE_MOBILE,
            )
            detail.takeIf { it.value.isNotBlank() && (field != ContactField.BIRTHDAY || type == Event.TYPE_BIRTHDAY) }
        }
        return found.filterNotNull().sortedByDescending { it.isPrimary }
    }

    /** The name of what the user picked, which may be read without the permission. */
    suspend fun name(picked: Uri): String? =
        rows(picked, arrayOf(Table.DISPLAY_NAME_PRIMARY)) { getString(0) }.firstOrNull()

    private suspend fun <T> rows(
        uri: Uri,
        columns: Array<String>,
        where: String? = null,
        values: Array<String>? = null,
        read: Cursor.() -> T,
    ): List<T> = withContext(Dispatchers.IO) {
        val cursor = resolver.query(uri, columns, where, values, null)
        cursor?.use { buildList { while (it.moveToNext()) add(it.read()) } }.orEmpty()
    }

    private class Kind(val mimeType: String, val label: (Resources, Int, String?) -> CharSequence)

    private companion object {
        val KINDS = mapOf(
            ContactField.PHONE to Kind(Phone.CONTENT_ITEM_TYPE, Phone::getTypeLabel),
            ContactField.EMAIL to Kind(Email.CONTENT_ITEM_TYPE, Email::getTypeLabel),
            ContactField.ADDRESS to Kind(StructuredPostal.CONTENT_ITEM_TYPE, StructuredPostal::getTypeLabel),
            ContactField.BIRTHDAY to Kind(Event.CONTENT_ITEM_TYPE) { _, _, _ -> "" },
        )
    }
}
